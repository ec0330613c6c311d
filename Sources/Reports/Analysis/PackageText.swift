import LayerAnalysis
package import PackageDatabases

/// Packages in words.
package enum PackageText {
    /// Why packages may be missing.
    package static func sentence(_ problem: PackageProblem) -> String {
        let path = "/" + PathText.display(problem.path)
        return switch problem.reason {
        case .damaged: "\(path) cannot be read whole, so packages may be missing"
        case .unsupported: "\(path) is a database of a form that is not read, so its packages are missing"
        case .tooLarge: "\(path) is too large, so packages may be missing"
        case .notKept: "\(path) cannot be read again from its layer, so packages may be missing"
        case .listMissing(let count) where count > 1:
            "\(path) and \(count - 1) more lists of files are missing, so the bytes of their packages are not known"
        case .listMissing: "\(path) is missing, so the bytes of its package are not known"
        case .unknownLayer(let layer): "the contents of layer \(layer) are not known, so packages may be missing"
        }
    }

    /// Why packages may be missing, each sentence once.
    static func notes(_ problems: [PackageProblem]) -> [String] { Set(problems.map(sentence)).sorted() }

    /// A list of packages, most bytes first.
    static func table(_ packages: [MeasuredPackage], _ style: TextStyle, top: Int) -> String {
        guard !packages.isEmpty else { return "" }
        var table = TextTable([
            .init("BYTES", .right), .init("FILES", .right), .init("MANAGER"), .init("PACKAGE", shrinksTo: 15),
            .init("VERSION", shrinksTo: 12),
        ])
        for package in largest(packages).prefix(top) {
            table.add([
                .init(ByteText.text(package.bytes)), .init("\(package.fileCount)"), .init(package.manager.rawValue),
                .init(PathText.printable(package.name)), .init(PathText.printable(package.version)),
            ])
        }
        return table.text(style)
    }

    /// Most bytes first; equals by manager and name, as they came.
    static func largest(_ packages: [MeasuredPackage]) -> [MeasuredPackage] {
        packages.sorted { $0.bytes > $1.bytes }
    }
}
