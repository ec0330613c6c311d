extension Glob {
    /// Calls `visit` with every place of `text` where what stands before it is all that the pattern means, in their order, until
    /// it returns false.
    func forEachEnd(in text: ArraySlice<UInt8>, _ visit: (_ end: Int) -> Bool) {
        let wordCount = steps.count / 64 + 1
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 2 * wordCount) { room in
            room.initialize(repeating: 0)
            var now = GlobPlaces(words: UnsafeMutableBufferPointer(rebasing: room[..<wordCount]))
            var next = GlobPlaces(words: UnsafeMutableBufferPointer(rebasing: room[wordCount...]))
            add(0, to: now)
            var at = text.startIndex
            while true {
                if now.contains(steps.count), !visit(at) { return }
                guard at < text.endIndex, !now.isEmpty else { return }
                let letter = GlobLetter(text, at)
                next.removeAll()
                let isBoundary = boundaries.contains(letter.value)
                now.forEach { advance(from: $0, over: letter.value, isBoundary: isBoundary, to: next) }
                swap(&now, &next)
                at += letter.length
            }
        }
    }

    /// Adds the places that are reached from `place` by one character.
    private func advance(from place: Int, over letter: UInt32, isBoundary: Bool, to next: GlobPlaces) {
        guard place < steps.count else { return }
        switch steps[place] {
        case .letter(let own): if own == letter { add(place + 1, to: next) }
        case .one: if !isBoundary { add(place + 1, to: next) }
        case .member(let number):
            let set = sets[number]
            if !isBoundary || set.hasBoundaries, set.contains(letter) { add(place + 1, to: next) }
        case .run: if !isBoundary { add(place, to: next) }
        case .anything: add(place, to: next)
        case .parts: return
        case .partsEnd:
            add(place, to: next)
            if letter == UInt32(UInt8(ascii: "/")) { add(place + 1, to: next) }
        }
    }

    /// Adds a place, and those that are reached from it by no character.
    private func add(_ place: Int, to places: GlobPlaces) {
        var place = place
        while places.insert(place), place < steps.count {
            switch steps[place] {
            case .run, .anything: place += 1
            case .parts:
                _ = places.insert(place + 1)
                place += 2
            case .letter, .one, .member, .partsEnd: return
            }
        }
    }
}

/// A set of places of a pattern: one bit for each.
private struct GlobPlaces {
    let words: UnsafeMutableBufferPointer<UInt64>

    var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    func removeAll() { words.update(repeating: 0) }

    func contains(_ place: Int) -> Bool { words[place / 64] & (1 << UInt64(place % 64)) != 0 }

    /// Adds a place; false where it was there.
    func insert(_ place: Int) -> Bool {
        let (word, bit) = (place / 64, UInt64(1) << UInt64(place % 64))
        defer { words[word] |= bit }
        return words[word] & bit == 0
    }

    func forEach(_ body: (Int) -> Void) {
        for (number, word) in words.enumerated() {
            var left = word
            while left != 0 {
                body(number * 64 + left.trailingZeroBitCount)
                left &= left - 1
            }
        }
    }
}
