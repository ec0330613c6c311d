extension Substring {
    /// The text without the white space at its ends, by code points: a blank with an accent behind it is no `Character` of its own.
    package var withoutBlanks: Substring {
        let start = unicodeScalars.drop { $0.properties.isWhitespace }
        let last = start.lastIndex { !$0.properties.isWhitespace }
        return Substring(start[..<(last.map { start.index(after: $0) } ?? start.startIndex)])
    }
}

extension String {
    /// The text without the white space at its ends, by code points.
    package var withoutBlanks: Substring { self[...].withoutBlanks }
}
