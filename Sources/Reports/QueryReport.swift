import FoundationEssentials
package import ImageStorage
package import OCISpec

/// `sql`: the rows of one statement.
package struct QueryReport: Sendable {
    private let result: QueryResult

    /// A report of `result`.
    package init(_ result: QueryResult) { self.result = result }

    /// A table; lines are as long as the values are, since none is cut.
    package func text(_ style: TextStyle) -> String {
        guard !result.columns.isEmpty else { return "" }
        let columns = result.columns.indices.map { column in
            TextTable.Column(
                result.columns[column], isNumeric(column) ? .right : .left)
        }
        var table = TextTable(columns)
        for row in result.rows {
            table.add(row.map { TextTable.Cell(Self.text($0), $0 == .null ? .quiet : nil) })
        }
        return table.text(style)
    }

    /// RFC 4180: a heading, lines that end in CR LF, null as nothing.
    package func csv() -> String {
        CSVText.text(
            result.columns, result.rows.lazy.map { row in row.map { $0 == .null ? "" : Self.text($0) } })
    }

    /// Columns and rows; text that is not UTF-8 is escaped as paths are, a blob is in base64.
    package func json() -> JSONValue {
        JSONReport.document(
            "query-result",
            [
                "columns": .array(result.columns.map { .string($0) }),
                "rows": .array(result.rows.map { .array($0.map(Self.json)) }),
            ])
    }

    private func isNumeric(_ column: Int) -> Bool {
        result.rows.allSatisfy { row in
            switch row[column] {
            case .integer, .real, .null: true
            case .text, .blob: false
            }
        }
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
