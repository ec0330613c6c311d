/*
 * The hold-and-sweep protocol (docs/reclaim.md), checked for every interleaving.
 *
 * Two ingests bring in images that share a blob, one rmi removes an image that was there, one gc collects. A blob is a bit of
 * `present`, an entry of the index a bit of `index`; image i reaches blob i and the shared blob 0. Image 2 is in the store at
 * the start. Blob 3 is an orphan that nobody will ever want.
 *
 * What must hold: a blob that the index reaches is present (`NO_LOSS`, at every step), and when all are done and a last
 * collection has run, every blob that nothing reaches is gone.
 *
 * -DHOLD_AFTER_LOOK    an ingest looks whether a blob exists before it takes its hold: must fail
 * -DINDEX_BEFORE_HOLDS a sweep reads the index before the holds: must fail
 * -DNO_SWEEP_LOCK      a sweep does not keep sessions from taking holds: must fail
 */

#define SHARED 0
#define ORPHAN 3
#define BIT(b) (1 << (b))
#define OF(index, i, blobs) ((((index) >> (i)) & 1) * (blobs))
#define REACHED(index) (OF(index, 0, BIT(SHARED)) | OF(index, 1, BIT(1) | BIT(SHARED)) | OF(index, 2, BIT(2) | BIT(SHARED)))

byte present = BIT(SHARED) | BIT(2) | BIT(ORPHAN);
byte index = BIT(2);
byte holds[2];
bool live[2];
byte readers = 0;          /* sessions inside the shared part of sweep.lock */
bool sweeping = false;     /* sweep.lock is held exclusively */
bool indexLocked = false;
byte done = 0;

#define NO_LOSS ((REACHED(index) & ~present) == 0)

inline lockShared()   { atomic { !sweeping -> readers++ } }
inline unlockShared() { readers-- }
#ifdef NO_SWEEP_LOCK
inline lockSweep()    { skip }
inline unlockSweep()  { skip }
#else
inline lockSweep()    { atomic { !sweeping && readers == 0 -> sweeping = true } }
inline unlockSweep()  { sweeping = false }
#endif

/* Brings one blob in for the ingest `me`: holds it, looks whether it is there, writes it when it is not. */
inline bring(blob) {
#ifdef HOLD_AFTER_LOOK
    lockShared();
    isThere = (present & BIT(blob)) != 0;
    unlockShared();
    lockShared();
    holds[me] = holds[me] | BIT(blob);
    unlockShared();
#else
    lockShared();
    holds[me] = holds[me] | BIT(blob);
    isThere = (present & BIT(blob)) != 0;
    unlockShared();
#endif
    if
    :: isThere -> skip
    :: else -> present = present | BIT(blob)
    fi
}

/* Image `me` is made of blob `me` and the shared one, which for image 0 is the same. */
proctype ingest(byte me) {
    bool isThere;
    lockShared();
    live[me] = true;
    unlockShared();
    bring(SHARED);
    bring(me);
    atomic { !indexLocked -> indexLocked = true };
    index = index | BIT(me);
    indexLocked = false;
    holds[me] = 0;
    live[me] = false;
    done++
}

/* Moves away what is a candidate and what neither holds nor the index reach at this moment. */
inline sweep(candidates) {
    lockSweep();
#ifdef INDEX_BEFORE_HOLDS
    seen = REACHED(index);
    held = (live[0] -> holds[0] : 0) | (live[1] -> holds[1] : 0);
#else
    held = (live[0] -> holds[0] : 0) | (live[1] -> holds[1] : 0);
    seen = REACHED(index);
#endif
    victims = candidates & ~(seen | held);
    present = present & ~victims;
    unlockSweep()
}

proctype rmi() {
    byte seen; byte held; byte victims;
    atomic { !indexLocked -> indexLocked = true };
    index = index & ~BIT(2);
    indexLocked = false;
    sweep(BIT(2) | BIT(SHARED));
    done++
}

proctype gc() {
    byte seen; byte held; byte victims; byte candidates;
    /* Without a lock: what is unreached now is only a candidate. */
    candidates = present & ~REACHED(index);
    sweep(candidates);
    done++
}

init {
    byte seen; byte held; byte victims;
    atomic { run ingest(0); run ingest(1); run rmi(); run gc() };
    done == 4;
    sweep(present);
    assert((present & ~REACHED(index)) == 0);
    assert(NO_LOSS);
    assert((index & BIT(0)) && (index & BIT(1)) && !(index & BIT(2)))
}

/* At every step of every interleaving. */
ltl safe { [] (NO_LOSS) }
