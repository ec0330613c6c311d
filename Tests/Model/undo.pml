/*
 * The trash (docs/reclaim.md), for every interleaving: a plan removes an image and keeps what only that had, an undo brings it
 * back, an rmi removes the image that it shares a blob with, a gc collects, finishes what a dead process left and empties the
 * bin once its time is over. The plan's process and the undo may be killed at any step; the kernel lets go of their locks.
 *
 * What must hold: a blob that the index reaches is present; what was in the bin when an undo took it is there until the undo
 * has brought the image back; and when all are done, the time is over and a last gc has run, the bin is empty and every blob that
 * nothing reaches is gone.
 *
 * -DUNDO_WITHOUT_HOLD     an undo moves blobs back that no session holds: must fail
 * -DUNDO_INDEX_FIRST      an undo brings the entry back before the blobs: must fail
 * -DUNDO_WITHOUT_LOOK     an undo does not look whether what the image shared is still there: must fail
 * -DUNDO_LOOK_BEFORE_HOLD an undo looks before it holds: must fail
 * -DUNDO_WITHOUT_BIN_LOCK an undo does not lock the bin: must fail
 * -DUNDO_ENDS_EARLY       an undo ends its session before the entry is back: must fail
 * -DBIN_LEFT_BY_THE_DEAD  nobody finishes what a dead process left: must fail
 */

#ifdef UNDO_LOOK_BEFORE_HOLD
#define HOLD_AFTER_LOOK
#endif
#include "store.pml"

byte bin = 0;              /* the blobs in it */
bool isBin = false;        /* it is there, with its record: the entry A2 and the blobs of image 2 */
bool isComplete = false;   /* all that was to be moved into it is there */
bool binLocked = false;
bool isOver = false;       /* its time is over */

#define MAY_DIE if :: skip :: goto dead fi

inline moveToBin(blob) {
    if
    :: present & (blob) & ~needed -> atomic { present = present & ~(blob); bin = bin | (blob) }
    :: else -> skip
    fi
}

inline moveBack(blob) {
    if
    :: (bin & ~present) & (blob) -> atomic { bin = bin & ~(blob); present = present | (blob) }
    :: else -> skip
    fi
}

inline removeBin() { atomic { bin = 0; isBin = false; isComplete = false } }

/* Carries out a plan that removes image 2, with a trash. */
proctype apply() {
    byte needed;
    lockShared();
    atomic { isBin = true; binLocked = true };
    unlockShared();
    MAY_DIE;
    lockIndex();
    index = index & ~A2;
    unlockIndex();
    MAY_DIE;
    lockSweep();
    lookWhatIsNeeded();
    moveToBin(BIT(2));
    if
    :: skip
    :: unlockSweep(); goto dead
    fi;
    moveToBin(SHARED);
    unlockSweep();
    MAY_DIE;
    isComplete = true;
dead:
    atomic { binLocked = false; done++ }
}

inline bringBack() {
    lockIndex();
    index = index | A2;
    unlockIndex()
}

#define ME 2

proctype undo() {
    byte there; byte was; byte missing; bool isMine = false;
    lockSweep();
#ifdef UNDO_WITHOUT_BIN_LOCK
    if
    :: isBin -> isMine = true
#else
    if
    :: isBin && !binLocked -> atomic { binLocked = true; isMine = true }
#endif
    :: else -> skip
    fi;
    unlockSweep();
    if
    :: !isMine -> goto end
    :: else -> skip
    fi;
    was = bin;
    beginSession(ME);
#ifndef UNDO_WITHOUT_HOLD
    hold(ME, was, there);
#endif
    MAY_DIE;
#ifdef UNDO_INDEX_FIRST
    bringBack();
#endif
    moveBack(BIT(2));
    MAY_DIE;
    moveBack(SHARED);
    MAY_DIE;
#ifdef UNDO_WITHOUT_HOLD
    there = present;
    missing = BLOBS2 & ~there;
#else
    hold(ME, BIT(2), there);
    missing = BIT(2) & ~there;
    hold(ME, SHARED, there);
    missing = missing | (SHARED & ~there);
#endif
#ifdef UNDO_WITHOUT_LOOK
    missing = 0;
#endif
    assert((missing & was) == 0);
    MAY_DIE;
#ifdef UNDO_ENDS_EARLY
    endSession(ME);
#endif
    if
    :: missing == 0 -> bringBack()
    :: else -> skip
    fi;
    MAY_DIE;
    removeBin();
dead:
    atomic {
        endSession(ME);
#ifndef UNDO_WITHOUT_BIN_LOCK
        binLocked = false;
#endif
    };
end:
    done++
}

/* Finishes a bin whose process is dead, and empties one whose time is over. */
inline finish() {
    isMine = false;
    lockSweep();
    if
#ifdef BIN_LEFT_BY_THE_DEAD
    :: isBin && !binLocked && isComplete && isOver -> atomic { binLocked = true; isMine = true }
#else
    :: isBin && !binLocked && (!isComplete || isOver) -> atomic { binLocked = true; isMine = true }
#endif
    :: else -> skip
    fi;
    unlockSweep();
    if
    :: isMine ->
        lockSweep();
        lookWhatIsNeeded();
        if
        :: bin & needed & BIT(2) -> moveBack(BIT(2))
        :: else -> skip
        fi;
        if
        :: bin & needed & SHARED -> moveBack(SHARED)
        :: else -> skip
        fi;
        isVoid = (index & A2) != 0;
        if
        :: !isVoid -> moveToBin(BIT(2)); moveToBin(SHARED)
        :: else -> skip
        fi;
        unlockSweep();
        if
        :: isOver || isVoid -> removeBin()
        :: else -> isComplete = true
        fi;
        binLocked = false
    :: else -> skip
    fi
}

proctype gc() {
    byte needed; byte candidates; bool isMine; bool isVoid;
    finish();
    collect();
    done++
}

/* Removes image 0, which has the shared blob, at once. */
proctype rmi() {
    byte needed;
    lockIndex();
    index = index & ~E0;
    unlockIndex();
    sweep(SHARED);
    done++
}

proctype clock() { isOver = true; done++ }

init {
    byte needed; byte candidates; bool isMine; bool isVoid;
    d_step { present = BLOBS2; index = A2 | E0 }
    atomic { run apply(); run undo(); run gc(); run rmi(); run clock() };
    done == 5;
    finish();
    collect();
    assert(!isBin && bin == 0);
    assert((present & ~REACHED(index)) == 0);
    assert(NO_LOSS)
}

/* At every step of every interleaving. */
ltl safe { [] (NO_LOSS) }
