extension String {
    /// The text with some scalars written otherwise: those for which `replacement` has something.
    ///
    /// What has a meaning in CSV, Markdown, XML, or to a terminal are code points. Swift's `Character` is a code point with the
    /// marks behind it, so that a quote with an accent is no quote to `replacing` and `==`, and every escape must go by this.
    func replacingScalars(_ replacement: (Unicode.Scalar) -> String?) -> String {
        var result = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            if let text = replacement(scalar) {
                result.append(contentsOf: text.unicodeScalars)
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }
}
