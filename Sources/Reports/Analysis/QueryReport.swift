import FoundationEssentials
package import ImageStorage
import OCISpec
import TextValues

/// `sql`: the rows of one statement, written as they come.
package struct QueryReport {
    /// As many rows are kept to measure a table by; of more the statement runs twice, once for the widths.
    private static let keptRows = 10_000

    private let rows: QueryRows

    /// A report of `rows`.
    package init(_ rows: QueryRows) { self.rows = rows }

    /// Writes a table; lines are as long as the values are, since none is cut.
    package func writeText(_ style: TextStyle, to stream: ReportStream) throws {
        guard !rows.columns.isEmpty else { return }
        var kept: [[QueryValue]] = []
        var count = 0
        var isNumeric = rows.columns.map { _ in true }
        var widths = rows.columns.map { _ in 0 }
        try rows.forEach { row in
            count += 1
            if count <= Self.keptRows { kept.append(row) }
            for (column, value) in row.enumerated() {
                if !value.isNumeric { isNumeric[column] = false }
                widths[column] = max(widths[column], TextColumns.width(Self.cell(value).text))
            }
        }
        var table = StreamedTable(
            zip(rows.columns, isNumeric).map { TextTable.Column($0, $1 ? .right : .left) })
        table.fit(widths)
        try stream.write(table.heading(style))
        let line = { (row: [QueryValue]) in try stream.write(table.line(row.map(Self.cell), style)) }
        if count <= Self.keptRows { for row in kept { try line(row) } } else { try rows.forEach(line) }
    }

    /// Writes RFC 4180: a heading, lines that end in CR LF, null as nothing.
    package func writeCSV(to stream: ReportStream) throws {
        try stream.write(CSVText.line(rows.columns))
        try rows.forEach { row in try stream.write(CSVText.line(row.map { $0 == .null ? "" : Self.text($0) })) }
    }

    /// Writes columns and rows; text that is not UTF-8 is escaped as paths are, a blob is in base64.
    package func writeJSON(to stream: ReportStream) throws {
        try stream.write(
            document: "query-result", ["columns": .array(rows.columns.map { .string($0) })],
            lists: ["rows": JSONList { add in try rows.forEach { try add(.array($0.map(Self.json))) } }])
    }

    private static func cell(_ value: QueryValue) -> TextTable.Cell {
        TextTable.Cell(text(value), value == .null ? .quiet : nil)
    }

    private static func json(_ value: QueryValue) -> JSONValue {
        switch value {
        case .null: .null
        case .integer(let number): .integer(number)
        // JSON has no infinity.
        case .real(let number): number.isFinite ? .number(number) : .null
        case .text(let bytes): .string(PathText.text(bytes).text)
        case .blob(let bytes): .string(Data(bytes).base64EncodedString())
        }
    }

    private static func text(_ value: QueryValue) -> String {
        switch value {
        case .null: "NULL"
        case .integer(let number): "\(number)"
        case .real(let number): "\(number)"
        case .text(let bytes): PathText.text(bytes).text
        case .blob(let bytes): "x'" + bytes.map { hex($0) }.joined() + "'"
        }
    }

    private static func hex(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }
}

extension QueryValue {
    /// Whether a column of such values stands on the right.
    fileprivate var isNumeric: Bool {
        switch self {
        case .integer, .real, .null: true
        case .text, .blob: false
        }
    }
}
