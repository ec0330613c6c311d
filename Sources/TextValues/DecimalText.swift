/// A decimal number in front of a unit, such as the `1.5` of `1.5GB`.
package struct DecimalText: Sendable {
    private let whole: Int64
    /// The digits after the point, as a number below `scale`.
    private let fraction: Int64
    private let scale: Int64

    /// Takes the number off the beginning of `rest`; nil where none stands there or it does not fit.
    package init?(from rest: inout Substring.UTF8View) {
        let digits = rest.prefix(while: Self.isDigit)
        rest = rest.dropFirst(digits.count)
        var decimals = rest.prefix(0)
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            decimals = rest.prefix(while: Self.isDigit)
            rest = rest.dropFirst(decimals.count)
        }
        guard !digits.isEmpty || !decimals.isEmpty, digits.count <= 18 else { return nil }
        // More digits than these are below a nanosecond, or a byte.
        let kept = decimals.prefix(15)
        whole = Self.number(digits)
        fraction = Self.number(kept)
        scale = kept.reduce(1) { scale, _ in scale * 10 }
    }

    /// The number of smallest units, what is below one dropped; nil where it does not fit.
    package func times(_ unit: Int64) -> Int64? {
        let (product, isTooLarge) = whole.multipliedReportingOverflow(by: unit)
        let part = scale.dividingFullWidth(fraction.multipliedFullWidth(by: unit)).quotient
        let (sum, isTooLargeWithPart) = product.addingReportingOverflow(part)
        return isTooLarge || isTooLargeWithPart ? nil : sum
    }

    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func number(_ digits: Substring.UTF8View) -> Int64 {
        digits.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    }
}
