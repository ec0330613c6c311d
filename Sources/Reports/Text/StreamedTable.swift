import TextValues

/// A table whose lines are written one at a time: what goes into its columns is measured first, and made again for writing.
///
/// A last column on the left needs no measure: what stands before it is given by `beginning`, and the rest follows as it is.
struct StreamedTable {
    private let table: TextTable
    private let titles: [String]
    private var widths: [Int]

    /// A table of columns without lines so far.
    init(_ columns: [TextTable.Column]) {
        table = TextTable(columns)
        titles = columns.map(\.title)
        widths = titles.map(TextColumns.width)
    }

    /// Makes the columns wide enough for cells, the first ones of a line.
    mutating func fit(_ cells: [TextTable.Cell]) {
        for (column, cell) in cells.enumerated() { widths[column] = max(widths[column], TextColumns.width(cell.text)) }
    }

    /// Makes the columns at least so wide.
    mutating func fit(_ others: [Int]) { widths = zip(widths, others).map(max) }

    /// The heading, ended by a newline.
    func heading(_ style: TextStyle) -> String {
        table.line(titles.map { TextTable.Cell($0, .heading) }, widths, style) + "\n"
    }

    /// A whole line, ended by a newline.
    func line(_ cells: [TextTable.Cell], _ style: TextStyle) -> String { table.line(cells, widths, style) + "\n" }

    /// What stands before the last column of a line.
    func beginning(_ cells: [TextTable.Cell], _ style: TextStyle) -> String {
        // A letter keeps the blanks before the last column.
        String(table.line(cells + ["|"], widths.dropLast() + [1], style).dropLast())
    }
}
