import Foundation
import TestSupport
import Testing

/// The HTML report in a real browser: it starts without an error, clicks drill down, filters filter, numbers are the JSON's.
@Suite(.serialized) struct PageTests {
    /// What runs in the page after its own scripts: a helper for steps, and where their results go.
    private static func probe(_ steps: String) -> String {
        """
        <script>
        const results = {errors: window.probeErrors};
        const all = selector => [...document.querySelectorAll(selector)];
        const rows = id => all(`#${id} tbody tr`).map(row => [...row.children].map(cell => cell.textContent));
        const crumbs = () => document.querySelector(".crumbs").textContent;
        try { \(steps) } catch (error) { results.failure = String(error); }
        results.ready = document.documentElement.dataset.ready;
        document.body.append(Object.assign(document.createElement("pre"), {id: "results", textContent: btoa(unescape(encodeURIComponent(JSON.stringify(results))))}));
        </script></body>
        """
    }

    private static let watch = """
        <body><script>
        window.probeErrors = [];
        addEventListener("error", event => probeErrors.push(event.message));
        addEventListener("securitypolicyviolation", event => probeErrors.push("csp " + event.violatedDirective));
        console.error = (...words) => probeErrors.push(words.join(" "));
        console.warn = console.error;
        </script>
        """

    /// Runs `steps` in the page, and returns what they left in `results`.
    private func run(_ page: String, _ steps: String, in bench: Workbench) throws -> [String: Any] {
        let probed = page.replacingOccurrences(of: "<body>", with: Self.watch)
            .replacingOccurrences(of: "</body>", with: Self.probe(steps))
        let path = try bench.file("page.html", Data(probed.utf8))
        var chromium = Program("chromium")
        chromium.environment = ["HOME": bench.folder.path, "XDG_CONFIG_HOME": bench.folder.path("config")]
        let outcome = try chromium.run(
            [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1200,1000", "--enable-logging=stderr",
                "--user-data-dir=\(bench.folder.path("profile"))", "--virtual-time-budget=10000", "--dump-dom", "file://\(path)",
            ], timeLimit: 300)
        #expect(!outcome.errors.contains("CONSOLE"), "\(outcome.errors.suffix(500))")
        let text = try #require(
            outcome.output.firstMatch(of: /<pre id="results">([^<]*)<\/pre>/)?.1, "no results: \(outcome.errors.suffix(300))")
        let data = try #require(Data(base64Encoded: String(text)))
        let results = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(results["failure"] == nil, "\(results["failure"] ?? "")")
        #expect(results["errors"] as? [String] == [])
        #expect(results["ready"] as? String == "true")
        return results
    }

    @Test(.needs("chromium")) func anImagesPage() throws {
        let bench = try ShopImages.bench()
        let document = try bench.document("analyze", "localhost/shop:2", "--packages")
        let page = try bench.succeed("analyze", "localhost/shop:2", "--format", "html")
        let steps = """
            results.tiles = Object.fromEntries(all(".tile[data-value]").map(tile => [tile.id.slice(6), Number(tile.dataset.value)]));
            results.wasted = rows("wasted").length;
            results.packages = all("#packages tbody td[title]").map(cell => parseInt(cell.title));
            results.layers = all(".layer").length;
            results.start = crumbs();
            const open = path => document.querySelector(`button.box.open[data-path="${path}"]`).click();
            open("/srv"); results.inSrv = crumbs();
            open("/srv/shop"); results.inShop = crumbs();
            results.boxes = all("button.box").map(box => box.dataset.path).sort();
            document.querySelector("button.box").focus();
            document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight", bubbles: true}));
            results.moved = document.activeElement.dataset.path;
            document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "Backspace", bubbles: true}));
            results.up = crumbs();
            document.querySelector('.layer[data-layer="3"]').click();
            results.pressed = all('.layer[aria-pressed="true"]').map(layer => layer.dataset.layer);
            results.filtered = rows("files").map(row => row[1]);
            document.querySelector(".crumbs button").click();
            results.filteredTotal = crumbs();
            document.querySelector("#clear").click();
            results.cleared = all('.layer[aria-pressed="true"]').length;
            const measure = document.querySelector("#measure");
            measure.value = "wasted"; measure.dispatchEvent(new Event("change"));
            results.wastedTotal = crumbs();
            measure.value = "visible"; measure.dispatchEvent(new Event("change"));
            results.visibleTotal = crumbs();
            const search = document.querySelector("#files input");
            search.value = "JAR shop"; search.dispatchEvent(new Event("input"));
            results.found = rows("files").map(row => row[2]);
            document.querySelectorAll("#files th button")[2].click();
            results.sorted = rows("files").map(row => row[2]);
            results.order = document.querySelectorAll("#files th")[2].getAttribute("aria-sort");
            document.querySelector("#theme").click(); results.theme = document.documentElement.dataset.theme;
            results.dark = getComputedStyle(document.body).backgroundColor;
            document.querySelector("#theme").click();
            results.light = getComputedStyle(document.body).backgroundColor;
            """
        let results = try run(page, steps, in: bench)
        let totals = try #require(document["totals"] as? [String: Any])
        for (name, value) in try #require(results["tiles"] as? [String: Int]) {
            #expect(totals[name] as? Int == value, "\(name)")
        }
        #expect(results["wasted"] as? Int == (document["wastedPaths"] as? [Any])?.count)
        #expect(results["layers"] as? Int == totals["layerCount"] as? Int)
        let packages = try #require(results["packages"] as? [Int])
        #expect(packages.reduce(0, +) == totals["visibleBytes"] as? Int)
        let text = { (key: String) in (results[key] as? String)?.filter { $0 != "\u{A0}" } ?? "" }
        #expect(
            text("start")
                == "/  \(mega(totals["contentBytes"] as? Int ?? 0)), \(mega(totals["wastedBytes"] as? Int ?? 0)) wasted",
            "\(text("start"))")
        #expect(text("inSrv").hasPrefix("/srv  "), "\(text("inSrv"))")
        #expect(text("inShop").hasPrefix("/srv/shop  "), "\(text("inShop"))")
        #expect(results["boxes"] as? [String] == ["/srv/shop/app.jar", "/srv/shop/copy.jar", "/srv/shop/extra.bin"])
        #expect((results["moved"] as? String)?.hasPrefix("/srv/shop/") == true)
        #expect(text("up").hasPrefix("/srv  "))
        #expect(results["pressed"] as? [String] == ["3"])
        #expect(Set(results["filtered"] as? [String] ?? []) == ["3"])
        let layer = try #require((document["layers"] as? [[String: Any]])?[3]["contentBytes"] as? Int)
        #expect(text("filteredTotal").hasPrefix("/  \(mega(layer))"), "\(text("filteredTotal")) \(layer)")
        #expect(results["cleared"] as? Int == 0)
        #expect(text("wastedTotal").hasPrefix("/  \(mega(totals["wastedBytes"] as? Int ?? 0))"), "\(text("wastedTotal"))")
        #expect(text("visibleTotal") == "/  \(mega(totals["visibleBytes"] as? Int ?? 0))", "\(text("visibleTotal"))")
        #expect(results["found"] as? [String] == ["/srv/shop/app.jar", "/srv/shop/copy.jar"])
        #expect(results["sorted"] as? [String] == ["/srv/shop/app.jar", "/srv/shop/copy.jar"])
        #expect(results["order"] as? String == "ascending")
        #expect(results["theme"] as? String == "dark")
        #expect(results["dark"] as? String != results["light"] as? String)
    }

    /// Megabytes with three digits, which is what all of the page's sums here have.
    private func mega(_ bytes: Int) -> String {
        var text = String(format: bytes < 9_995_000 ? "%.2f" : "%.1f", Double(bytes) / 1_000_000)
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text + "MB"
    }

    @Test(.needs("chromium")) func aDiffsPage() throws {
        let bench = try ShopImages.bench()
        let document = try bench.document("diff", "localhost/shop:1", "localhost/shop:2")
        let page = try bench.succeed("diff", "localhost/shop:1", "localhost/shop:2", "--format", "html")
        let steps = """
            results.tiles = Object.fromEntries(all(".tile[data-value]").map(tile => [tile.id.slice(6), Number(tile.dataset.value)]));
            for (const table of ["layers", "paths", "packages", "config"]) results[table] = rows(table).length;
            results.boxes = all("button.box").map(box => box.dataset.path);
            document.querySelector('button.box.open[data-path="/srv"]').click();
            results.inSrv = crumbs();
            const measure = document.querySelector("#measure");
            measure.value = "shrunk"; measure.dispatchEvent(new Event("change"));
            results.shrunk = all("button.box").map(box => box.dataset.path);
            """
        let results = try run(page, steps, in: bench)
        let totals = try #require(document["totals"] as? [String: Any])
        let tiles = try #require(results["tiles"] as? [String: Int])
        #expect(tiles.count == 4)
        for (name, value) in tiles { #expect(totals[name] as? Int == value, "\(name)") }
        for table in ["layers", "paths", "packages", "config"] {
            #expect(results[table] as? Int == (document[table] as? [Any])?.count, "\(table)")
        }
        #expect(results["boxes"] as? [String] == ["/srv"])
        #expect((results["inSrv"] as? String)?.hasPrefix("/srv  +") == true)
        #expect(results["shrunk"] as? [String] == ["/srv/shop", "/srv/venv"])
    }

    /// An image of 200,000 files: the page starts, drills down, searches and sorts.
    @Test(.needs("chromium")) func aPageOfManyFilesDoesNotFreeze() throws {
        let bench = try Workbench()
        let members = (0..<200_000).map { number in
            TarMember.file("d\(number % 40)/e\(number % 1000)/f\(number)", Array("\(number)".utf8))
        }
        let archive = try bench.file(
            "many.tar", ImageBuilder([BuiltLayer(members)], named: "localhost/many:1").dockerArchive().tar)
        let page = try bench.succeed("analyze", archive, "--format", "html")
        let steps = """
            const timed = body => { const start = performance.now(); body(); return performance.now() - start; };
            results.boxes = all(".box").length;
            results.open = timed(() => document.querySelector("button.box.open").click());
            results.search = timed(() => {
              const search = document.querySelector("#files input");
              search.value = "f19999"; search.dispatchEvent(new Event("input"));
            });
            results.found = document.querySelector("#files .quiet").textContent;
            results.layer = timed(() => document.querySelector(".layer").click());
            """
        let results = try run(page, steps, in: bench)
        #expect(try #require(results["boxes"] as? Int) < 1000)
        #expect(results["found"] as? String == "11 of 200000 rows")
        // A freeze is a matter of tens of seconds; how fast it is, is no test's business.
        for step in ["open", "search", "layer"] { #expect(try #require(results[step] as? Double) < 10_000, "\(step)") }
    }

    /// A name that would turn the line around, or act otherwise, is shown as the command line shows it, in texts and attributes alike.
    @Test(.needs("chromium")) func whatActsIsShown() throws {
        let names = ["a\u{202E}gpj.exe", "b\u{2066}\u{61C}c", "d\u{1B}[31m\u{9B}", "e\nf", "g\u{2028}h\u{200F}"]
        let bench = try Workbench()
        let files = names.map { TarMember.file("srv/\($0)", size: 5000, seed: 1) }
        let image = ImageBuilder(
            [BuiltLayer(files), BuiltLayer(names.map { .whiteout("srv/\($0)") })], named: "localhost/acts:1")
        let history = names.map { #"{"created_by":"\#($0.replacingOccurrences(of: "\n", with: "\\n"))"}"# }.prefix(2)
        let document =
            #"{"architecture":"amd64","os":"linux","config":{},"history":[\#(history.joined(separator: ","))],"#
            + #""rootfs":{"type":"layers","diff_ids":["\#(image.layers[0].diffID)","\#(image.layers[1].diffID)"]}}"#
        let archive = try bench.file("acts.tar", image.with { $0.configOverride = Array(document.utf8) }.layout().tar)
        let page = try bench.succeed("analyze", archive, "--format", "html")
        let steps = #"""
            const acts = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/;
            const drawn = all("body *").filter(node => !["SCRIPT", "STYLE"].includes(node.tagName));
            results.texts = drawn.flatMap(node => [...node.childNodes]).filter(node => node.nodeType === 3 && acts.test(node.data)).length;
            results.attributes = drawn.flatMap(node => [...node.attributes]).filter(one => acts.test(one.value)).length;
            results.paths = rows("wasted").map(row => row[row.length - 1]).sort();
            """#
        let results = try run(page, steps, in: bench)
        #expect(results["texts"] as? Int == 0 && results["attributes"] as? Int == 0, "\(results)")
        #expect(
            results["paths"] as? [String] == [
                "/srv/a\\u{202E}gpj.exe", "/srv/b\\u{2066}\\u{61C}c", "/srv/d\\x1B[31m\\x9B", "/srv/e\\x0Af",
                "/srv/g\\u{2028}h\\u{200F}",
            ])
    }

    /// The page of a store: what a reader marks frees together what the plan of these says, and the page stays small.
    @Test(.needs("chromium")) func aStoresPageTellsJointFigures() throws {
        let scene = try HostScene()
        try scene.bench.succeed("create", "--name", "shop", "localhost/web:1", "true")
        let page = try scene.bench.succeed("df", "--format", "html")
        let steps = """
            const box = name => all("#images tbody tr").find(row => row.textContent.includes(name)).querySelector("input");
            const joint = () => Number(document.querySelector("#joint").dataset.value);
            results.none = joint();
            box("app:1").click(); results.one = joint();
            box("app:2").click(); results.two = joint();
            results.command = document.querySelector("#command").textContent;
            results.disabled = box("web:1").disabled;
            results.why = box("web:1").title;
            results.total = Number(document.querySelector("#total-totalBytes").dataset.value);
            results.frees = Object.fromEntries(all("#images tbody tr").map(row => [row.lastChild.textContent.split(",")[0], parseInt(row.children[3].title)]));
            box("app:1").click(); results.back = joint();
            """
        let results = try run(page, steps, in: scene.bench)
        // Plans that are kept take room as well.
        let total = try scene.bench.document("df")["totalBytes"] as? Int
        let (first, second) = ("image=localhost/app:1", "image=localhost/app:2")
        #expect(results["none"] as? Int == 0)
        #expect((results["one"] as? NSNumber)?.int64Value == (try scene.planned([first])))
        #expect((results["two"] as? NSNumber)?.int64Value == (try scene.planned([first, second])))
        #expect((results["back"] as? NSNumber)?.int64Value == (try scene.planned([second])))
        #expect(results["disabled"] as? Bool == true)
        #expect(results["why"] as? String == "container shop uses it")
        #expect(results["total"] as? Int == total)
        let frees = try #require(results["frees"] as? [String: Int64])
        for (name, figure) in try scene.figures() { #expect(frees[name] == figure.frees, "\(name)") }
        let command = try #require(results["command"] as? String)
        #expect(command.hasPrefix("strata plan --only image=sha256:"))
        #expect(page.utf8.count < 60_000)
    }
}
