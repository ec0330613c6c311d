/*
 * What the models have in common: a store of three images, its locks, and the two halves of the hold-and-sweep protocol
 * (docs/reclaim.md), each written as the code does it.
 *
 * A blob is a bit of `present`. Image 0 is made of the shared blob, image 1 of blob 1 and that, image 2 of blob 2 and that. Blob 3
 * is an orphan that nobody will ever want. An entry of the index, an image under one name or under none, is a bit of `index`.
 */

#define BIT(b) (1 << (b))
#define SHARED BIT(0)
#define ORPHAN BIT(3)

#define E0 1      /* image 0 */
#define E1 2      /* image 1 */
#define B1 4      /* image 1 by the name B */
#define A2 8      /* image 2 by the name A */
#define B2 16     /* image 2 by the name B */
#define D2 32     /* image 2 without a name */

#define BLOBS2 (BIT(2) | SHARED)
#define OF(entries, some, blobs) ((((entries) & (some)) != 0) * (blobs))
#define REACHED(entries) (OF(entries, E0, SHARED) | OF(entries, E1 | B1, BIT(1) | SHARED) | OF(entries, A2 | B2 | D2, BLOBS2))

byte present;
byte index;
byte holds[3];
bool live[3];
byte readers = 0;          /* processes inside the shared part of sweep.lock */
bool sweeping = false;     /* sweep.lock is held exclusively */
bool indexLocked = false;
byte done = 0;

/* A blob that the index reaches is there. */
#define NO_LOSS ((REACHED(index) & ~present) == 0)
#define HELD ((live[0] -> holds[0] : 0) | (live[1] -> holds[1] : 0) | (live[2] -> holds[2] : 0))

inline lockShared()   { atomic { !sweeping -> readers++ } }
inline unlockShared() { readers-- }
#ifdef NO_SWEEP_LOCK
inline lockSweep()    { skip }
inline unlockSweep()  { skip }
#else
inline lockSweep()    { atomic { !sweeping && readers == 0 -> sweeping = true } }
inline unlockSweep()  { sweeping = false }
#endif
inline lockIndex()    { atomic { !indexLocked -> indexLocked = true } }
inline unlockIndex()  { indexLocked = false }

inline beginSession(me) {
    lockShared();
    live[me] = true;
    unlockShared()
}

inline endSession(me) {
    holds[me] = 0;
    live[me] = false
}

/* Takes a hold for the session `me`, and looks whether the blobs are there. */
inline hold(me, blobs, there) {
#ifdef HOLD_AFTER_LOOK
    lockShared();
    there = present & (blobs);
    unlockShared();
    lockShared();
    holds[me] = holds[me] | (blobs);
    unlockShared()
#else
    lockShared();
    holds[me] = holds[me] | (blobs);
    there = present & (blobs);
    unlockShared()
#endif
}

/* Brings one blob in for the session `me`: holds it, looks whether it is there, writes it when it is not. */
inline bring(me, blob) {
    hold(me, blob, there);
    if
    :: there -> skip
    :: else -> present = present | (blob)
    fi
}

/* What neither a hold nor the index reaches at this moment, into `needed`; the caller has the sweep lock. */
inline lookWhatIsNeeded() {
#ifdef INDEX_BEFORE_HOLDS
    needed = REACHED(index);
    needed = needed | HELD
#else
    needed = HELD;
    needed = needed | REACHED(index)
#endif
}

/* Moves away what is a candidate and what nothing needs. */
inline sweep(candidates) {
    lockSweep();
    lookWhatIsNeeded();
    present = present & ~((candidates) & ~needed);
    unlockSweep()
}

/* Without a lock: what is unreached now is only a candidate. */
inline collect() {
    candidates = present & ~REACHED(index);
    sweep(candidates)
}
