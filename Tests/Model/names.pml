/*
 * Names that move while a plan is carried out (docs/reclaim.md), for every interleaving. Image 2 has the names A and B. What is
 * changed in the index is chosen by one reading of it, and is written only where the index still reads so (`compare`); else it is
 * chosen again.
 *
 * A plan takes the name A of image 2, since that stays by its other name. A second plan removes image 2 whole, by the entry A2, as it
 * was before B came. A retag gives B to image 1. Image 2 comes back under A when somebody loads it again. An rmi takes the name
 * of image 1.
 *
 * What must hold: a blob that the index reaches is present; a plan that takes one name leaves the image another one; a plan that
 * removes an image finds it under no name but those it knows; what a retag named is there; and in the end nothing is left
 * over.
 *
 * -DPLAN_WITHOUT_COMPARE  a plan is carried out on an index that it has not looked at: must fail
 * -DPLAN_WITHOUT_LOOK     a plan takes its entries without a look at the image's other names: must fail
 * -DTAG_WITHOUT_COMPARE   a retag names an image that it found in an earlier index: must fail
 * -DSWEEP_BY_PLAN         what a plan released goes without a look at what is needed now: must fail
 */

#include "store.pml"

bool tagged = false;

/* Takes the name A of image 2, which has another one. */
proctype takeName() {
    byte seen;
again:
    seen = index;
    if
#ifdef PLAN_WITHOUT_LOOK
    :: seen & A2 -> skip
#else
    :: (seen & A2) && (seen & B2) -> skip
#endif
    :: else -> goto end
    fi;
    lockIndex();
    if
#ifndef PLAN_WITHOUT_COMPARE
    :: index != seen -> unlockIndex(); goto again
#endif
    :: else -> skip
    fi;
    assert(index & B2);
    index = index & ~A2;
    unlockIndex();
end:
    done++
}

/* Removes image 2, which had the name A alone when the plan was made. */
proctype removeImage() {
    byte seen; byte needed;
again:
    seen = index;
    if
#ifdef PLAN_WITHOUT_LOOK
    :: seen & A2 -> skip
#else
    :: (seen & A2) && !(seen & B2) -> skip
#endif
    :: else -> goto end
    fi;
    lockIndex();
    if
#ifndef PLAN_WITHOUT_COMPARE
    :: index != seen -> unlockIndex(); goto again
#endif
    :: else -> skip
    fi;
    assert((index & B2) == 0);
    index = index & ~A2;
    unlockIndex();
#ifdef SWEEP_BY_PLAN
    lockSweep();
    present = present & ~BIT(2);
    unlockSweep();
#else
    sweep(BLOBS2);
#endif
end:
    done++
}

/* Gives the name B to image 1. Image 2 stays without a name where it had no other. */
proctype retag() {
    byte seen;
again:
    seen = index;
    if
    :: seen & E1 -> skip
    :: else -> goto end
    fi;
    lockIndex();
    if
#ifndef TAG_WITHOUT_COMPARE
    :: index != seen -> unlockIndex(); goto again
#endif
    :: else -> skip
    fi;
    if
    :: (index & B2) && !(index & (A2 | D2)) -> index = (index & ~B2) | D2 | B1
    :: else -> index = (index & ~B2) | B1
    fi;
    unlockIndex();
    tagged = true;
end:
    done++
}

/* Image 2 is loaded again as A; an entry of it without a name takes that. */
proctype load() {
    byte there;
    beginSession(0);
    bring(0, SHARED);
    bring(0, BIT(2));
    lockIndex();
    index = (index & ~D2) | A2;
    unlockIndex();
    endSession(0);
    done++
}

/* Takes the first name of image 1. */
proctype rmi() {
    byte needed;
    lockIndex();
    index = index & ~E1;
    unlockIndex();
    sweep(BIT(1) | SHARED);
    done++
}

init {
    byte needed;
    d_step { present = SHARED | BIT(1) | BIT(2); index = A2 | B2 | E1 }
    atomic { run takeName(); run removeImage(); run retag(); run load(); run rmi() };
    done == 5;
    sweep(present);
    assert((present & ~REACHED(index)) == 0);
    assert(NO_LOSS);
    assert(!tagged || (index & B1))
}

/* At every step of every interleaving. */
ltl safe { [] (NO_LOSS) }
