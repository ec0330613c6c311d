/*
 * Collections beside ingests (docs/reclaim.md), for every interleaving.
 *
 * Two ingests bring in images that share a blob, one rmi removes an image that was there, one gc collects.
 *
 * What must hold: a blob that the index reaches is present (`NO_LOSS`, at every step), and when all are done and a last
 * collection has run, every blob that nothing reaches is gone.
 *
 * -DHOLD_AFTER_LOOK    an ingest looks whether a blob exists before it takes its hold: must fail
 * -DINDEX_BEFORE_HOLDS a sweep reads the index before the holds: must fail
 * -DNO_SWEEP_LOCK      a sweep does not keep sessions from taking holds: must fail
 */

#include "store.pml"

/* Image `me` is made of blob `me` and the shared one, which for image 0 is the same. */
proctype ingest(byte me) {
    byte there;
    beginSession(me);
    bring(me, SHARED);
    bring(me, BIT(me));
    lockIndex();
    index = index | (me == 0 -> E0 : E1);
    unlockIndex();
    endSession(me);
    done++
}

proctype rmi() {
    byte needed;
    lockIndex();
    index = index & ~A2;
    unlockIndex();
    sweep(BLOBS2);
    done++
}

proctype gc() {
    byte needed; byte candidates;
    collect();
    done++
}

init {
    byte needed;
    d_step { present = SHARED | BIT(2) | ORPHAN; index = A2 }
    atomic { run ingest(0); run ingest(1); run rmi(); run gc() };
    done == 4;
    sweep(present);
    assert((present & ~REACHED(index)) == 0);
    assert(NO_LOSS);
    assert(index == (E0 | E1))
}

/* At every step of every interleaving. */
ltl safe { [] (NO_LOSS) }
