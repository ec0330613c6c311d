import Foundation
import TestSupport
import Testing

/// What Unicode calls equal are two: names of labels, variables, volumes, arguments, files and users.
struct CanonicalTextTests {
    private static let one = "\u{E9}"
    private static let two = "e\u{301}"
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    private func image(_ name: String, config: String) throws -> String {
        let layer = BuiltLayer([.file(Self.one, size: 10), .file(Self.two, size: 20)])
        let document =
            #"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["\#(layer.diffID)"]},"config":\#(config)}"#
        return try bench.file(
            "\(name).tar",
            try ImageBuilder([layer], named: "localhost/\(name):1").with { $0.configOverride = Array(document.utf8) }
                .dockerArchive().tar)
    }

    /// Lines of JSON that hold a text, byte for byte: Foundation's own reader takes two keys for one.
    private func count(_ text: String, in output: String) -> Int {
        output.utf8.split(separator: UInt8(ascii: "\n")).count { Array($0).contains(Array(text.utf8)) }
    }

    @Test func anImageHasBoth() throws {
        let path = try image(
            "both",
            config: #"{"Labels":{"\#(Self.one)":"1","\#(Self.two)":"2"},"Volumes":{"/\#(Self.one)":{},"/\#(Self.two)":{}}}"#)
        try bench.succeed("load", "-q", "-i", path)
        let output = try bench.succeed("inspect", "localhost/both:1")
        for name in ["\"\(Self.one)\": \"1\"", "\"\(Self.two)\": \"2\"", "\"/\(Self.one)\"", "\"/\(Self.two)\""] {
            #expect(count(name, in: output) == 1, "\(name) in \(output)")
        }
        #expect(try bench.succeed("files", "localhost/both:1").split(separator: "\n").count == 4)
    }

    @Test func aFilterMeansOne() throws {
        for (name, label) in [("a", Self.one), ("b", Self.two)] {
            try bench.succeed("load", "-q", "-i", try image(name, config: #"{"Labels":{"l\#(label)":"v\#(label)"}}"#))
        }
        for filter in ["label=l\(Self.one)", "label=l\(Self.one)=v\(Self.one)", "label!=l\(Self.two)"] {
            #expect(try bench.succeed("images", "--filter", filter).split(separator: "\n").count == 2, "\(filter)")
        }
        #expect(try bench.succeed("images", "--filter", "label=l\(Self.one)=v\(Self.two)").split(separator: "\n").count == 1)
        let plan = try bench.document("system", "prune", "-a", "--dry-run", "--filter", "label=l\(Self.two)")
        #expect((plan["victims"] as? [[String: Any]])?.map { $0["name"] as? String } == ["localhost/b:1"])
    }

    @Test func aBuildKeepsThemApart() throws {
        let text = """
            FROM scratch
            ARG aK=1
            ARG a\u{212A}=2
            ENV \(Self.one)=x \(Self.two)=y quoted="\u{301}q"
            LABEL \(Self.one)=$\(Self.one) \(Self.two)="${aK}${a\u{212A}}"
            VOLUME /\(Self.one) /\(Self.two)
            WORKDIR /\u{301}w/../\(Self.two)
            COPY \(Self.one) /x/
            """
        let folder = bench.folder.path("context")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (name, content) in [("Dockerfile", text), (Self.one, "11"), (Self.two, "2")] {
            try Data(content.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
        }
        let outcome = try bench.strata(
            "build", "-q", "-t", "t:1", "--build-arg", "a\u{212A}=3", "--label", "z\(Self.one)=1", "--label", "z\(Self.two)=2",
            folder)
        try #require(outcome.status == 0, "\(outcome.errors)")
        let output = try bench.succeed("inspect", "t:1")
        for line in [
            "\"\(Self.one)=x\"", "\"\(Self.two)=y\"", "\"quoted=\u{301}q\"", "\"\(Self.one)\": \"x\"", "\"\(Self.two)\": \"13\"",
            "\"/\(Self.one)\"",
            "\"/\(Self.two)\": {", "\"z\(Self.one)\": \"1\"", "\"z\(Self.two)\": \"2\"", "\"WorkingDir\": \"/\(Self.two)\"",
        ] { #expect(count(line, in: output) == 1, "\(line) in \(output)") }
        let files = try bench.succeed("files", "t:1", "/x")
        #expect(count("/x/\(Self.one)", in: files) == 1 && count("/x/\(Self.two)", in: files) == 0, "\(files)")
    }

    @Test(.enabled(if: ContainerScene.isPossible)) func usersAndVariablesOfAContainerAreTwo() throws {
        let context = try ContainerScene.context(
            in: bench,
            """
            FROM scratch
            COPY busybox /bin/busybox
            COPY passwd /etc/passwd
            ENV \(Self.one)=x
            USER \(Self.two)
            """)
        try Data("root:x:0:0::/:/bin/sh\n\(Self.one):x:11:11::/:/bin/sh\n\(Self.two):x:22:22::/:/bin/sh\n".utf8)
            .write(to: URL(fileURLWithPath: "\(context)/passwd"))
        let built = try bench.strata("build", "-q", "-t", "box", context)
        try #require(built.status == 0, "\(built.errors)")
        // A shell would drop variables with such names.
        let user = try bench.strata("run", "--rm", "box", "/bin/busybox", "id", "-u")
        #expect(user.output == "22\n", "\(user.output)\(user.errors)")
        let run = try bench.strata("run", "--rm", "-e", "\(Self.two)=\u{301}y", "box", "/bin/busybox", "env")
        #expect(
            count("\(Self.one)=x", in: run.output) == 1 && count("\(Self.two)=\u{301}y", in: run.output) == 1, "\(run.output)")
    }

    /// An image whose only step, and whose only package, are written with one of the two.
    private func image(_ name: String, step: String, package: String, version: String) throws -> String {
        let record = #"{"name":"\#(package)","version":"\#(version)"}"#
        let layer = BuiltLayer([.file("usr/lib/node_modules/x/package.json", text: record)])
        let document =
            #"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["\#(layer.diffID)"]},"#
            + #""history":[{"created_by":"\#(step)"}],"config":{}}"#
        return try bench.file(
            "\(name).tar",
            try ImageBuilder([layer], named: "localhost/\(name):1").with { $0.configOverride = Array(document.utf8) }
                .dockerArchive().tar)
    }

    /// Steps, names and versions that differ in nothing but how a letter is written.
    private static let differing: [(step: [String], package: [String], version: [String])] = [
        (["RUN \(one)", "RUN \(two)"], ["p", "p"], ["1", "1"]), (["RUN x", "RUN x"], [one, two], ["1", "1"]),
        (["RUN x", "RUN x"], ["p", "p"], ["1\(one)", "1\(two)"]), (["RUN K", "RUN \u{212A}"], ["K", "\u{212A}"], ["1", "1"]),
    ]

    @Test(arguments: differing.indices) func aDiffTellsThemApart(_ number: Int) throws {
        let row = Self.differing[number]
        let images = try (0...1).map {
            try image("side\($0)", step: row.step[$0], package: row.package[$0], version: row.version[$0])
        }
        let output = try bench.succeed("diff", images[0], images[1], "--format", "json")
        let document = try object(output)
        let isStepOther = !Array(row.step[0].utf8).elementsEqual(row.step[1].utf8)
        #expect((document["history"] as? [Any])?.count == (isStepOther ? 2 : 0), "\(output)")
        if isStepOther {
            for step in row.step { #expect(count("\"createdBy\": \"\(step)\"", in: output) >= 1, "\(step) in \(output)") }
        }
        let isPackageOther = !Array(row.package[0].utf8).elementsEqual(row.package[1].utf8)
        let isVersionOther = !Array(row.version[0].utf8).elementsEqual(row.version[1].utf8)
        #expect(
            (document["packages"] as? [Any])?.count == (isPackageOther ? 2 : isVersionOther ? 1 : 0), "\(output)")
    }
}
