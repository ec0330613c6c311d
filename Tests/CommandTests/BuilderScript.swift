import Foundation
import TestSupport
import Testing

/// A script in a folder of its own, where `strata` is the program, `busybox` an image and `e` an empty context; and what it prints.
struct BuilderScript: CustomTestStringConvertible, Sendable {
    let title: String
    let script: String
    let output: String

    var testDescription: String { title }

    init(_ title: String, _ script: String, _ output: String) {
        (self.title, self.script, self.output) = (title, script, output)
    }

    private static let prelude = """
        set -e; cd "$1"; strata() { "$STRATA" "$@"; }; mkdir -p root/bin root/etc root/tmp e; chmod 1777 root/tmp
        cp /bin/busybox root/bin/
        for name in $(/bin/busybox --list); do [ -e "root/bin/$name" ] || ln -s busybox "root/bin/$name"; done
        echo 'root:x:0:0:root:/root:/bin/sh' > root/etc/passwd; echo 'root:x:0:' > root/etc/group
        tar -C root -cf - . | strata import -q -c 'CMD ["sh"]' -c 'ENV PATH=/bin' - busybox > imported
        listed() {
            strata build -q -o type=tar,dest=out.tar "$@" > built
            tar --numeric-owner -tvf out.tar | awk '{print $1, $2, $6, $7, $8}' | sed 's/ *$//' | LC_ALL=C sort -k 3
        }
        refused() { if strata build -q "$@" > built 2> said; then echo built; else echo "$?: $(head -n 1 said)"; fi; }

        """

    /// Runs the script with `argument` as `$2`, and expects what it prints.
    func run(_ argument: String = "") throws {
        let bench = try Workbench()
        let outcome = try bench.shell(Self.prelude + script, bench.folder.path, argument)
        #expect(outcome.output == output, "\(outcome.errors)")
        #expect(outcome.status == 0, "\(outcome.errors)")
    }
}
