import TestSupport
import Testing

/// The key of each step, as docs/build.md lists its parts: a change of one of them is another step, a change of anything else is not.
///
/// A script for each instruction: from the same beginning, one change at a time, then a build. What comes from the cache must be
/// what a build without it makes.
struct BuildKeyTests {
    /// One thing that changes, and how.
    struct Change: Sendable {
        let name: String
        let script: String

        init(_ name: String, _ script: String) { (self.name, self.script) = (name, script) }
    }

    struct Step: CustomTestStringConvertible, Sendable {
        let name: String
        /// Makes `e`, the context, and `d`, the Dockerfile, whose last step is the one.
        let reset: String
        let inputs: [Change]
        let others: [Change]

        var testDescription: String { name }

        fileprivate var script: BuilderScript {
            let changes = (inputs.map { ($0, "DONE") } + others.map { ($0, "CACHED") })
            let runs = changes.map { change, _ in
                "begin; build > /dev/null; \(change.script)\necho \"\(change.name): $(build) $(same)\""
            }
            return BuilderScript(
                name,
                """
                echo 'unshare -u sh -c "echo other > /proc/sys/kernel/hostname; exec \\"\\$0\\" \\"\\$@\\"" "$@"' > elsewhere
                begin() { rm -rf e; mkdir e; A=; E=1000; H=; S=$STRATA_STORE; \(reset)
                }
                strata() { SOURCE_DATE_EPOCH=$E STRATA_STORE=$S $H "$STRATA" "$@"; }
                build() {
                    strata build --progress plain --iidfile id $A -f d e > said 2>&1 || cat said
                    grep -oE '^#[0-9]+ (CACHED|DONE)' said | tail -n 1 | cut -d ' ' -f 2
                }
                same() { [ "$(strata build -q --no-cache $A -f d e)" = "$(cat id)" ] && echo same || echo other; }
                \(runs.joined(separator: "\n"))

                """, changes.map { "\($0.0.name): \($0.1) same\n" }.joined())
        }
    }

    /// What no step's key has in it.
    private static let outside = [
        Change("times", "find e -exec touch -d @5000 {} +"),
        Change(
            "the order in directories",
            "cp -a e f; rm -r e; mkdir e; (cd f; for n in $(ls -A | sort -r); do cp -a $n ../e/; done); rm -r f"),
        Change("the folder of the context", "mv e f; mkdir e; mv f/* e/; rm -r f"),
        Change("the host's name", "H='sh ./elsewhere'"),
        Change("a label before it", "sed -i '$i LABEL a=b' d"),
        Change("a command before it", "sed -i '$i CMD [\"a\"]' d"),
        Change("an argument that nobody declares", "A=\"$A --build-arg NOBODY=1\""),
        Change("a name for the image", "A=\"$A -t named\""),
    ]

    /// What a step upon layers has in its key.
    private static let below = [
        Change("the layers below", "echo below > e/.below; sed -i '2i COPY .below /below' d"),
        Change("the moment", "E=2000"),
    ]

    private static let files = """
        mkdir -p e/d/sub e/o; echo a > e/d/a; echo b > e/d/b; ln -s a e/d/l; echo h > e/d/h; ln e/d/h e/d/h2; echo o > e/o/f
            printf '.below\\n' > e/.gitignore
        """

    /// What of copied files is in a key.
    private static let contents = [
        Change("a file's content", "echo A > e/d/a"),
        Change("a content of the same length and time", "touch -r e/d/a r; echo x > e/d/a; touch -r r e/d/a"),
        Change("a file's name", "mv e/d/a e/d/c"), Change("one more file", "touch e/d/new"), Change("one file less", "rm e/d/b"),
        Change("a file's mode", "chmod 600 e/d/a"), Change("a setuid bit", "chmod u+s e/d/a"),
        Change("a directory's mode", "chmod 700 e/d/sub"), Change("an empty directory", "mkdir e/d/empty"),
        Change("a symlink's target", "ln -sfn b e/d/l"), Change("a file in place of a symlink", "rm e/d/l; echo a > e/d/l"),
        Change("one name less of a file", "rm e/d/h2; echo h > e/d/h2"), Change("other names of a file", "ln -f e/d/b e/d/a"),
        Change("an extended attribute", "setfattr -n user.a -v b e/d/a"),
        Change("an attribute of a directory", "setfattr -n user.a -v b e/d/sub"),
    ]

    private static let copies = [
        Step(
            name: "COPY", reset: files + "; printf 'FROM busybox\\nCOPY d /x/\\n' > d",
            inputs: below + contents + [
                Change("the destination", "sed -i 's,/x/,/y/,' d"),
                Change("the working directory", "printf 'FROM busybox\\nWORKDIR /w\\nCOPY d x/\\n' > d"),
                Change("--chown", "sed -i 's,COPY,COPY --chown=5,' d"),
                Change("--chmod", "sed -i 's,COPY,COPY --chmod=600,' d"),
                Change("--exclude", "sed -i 's,COPY,COPY --exclude=a,' d"),
                Change("--parents", "sed -i 's,COPY,COPY --parents,' d"), Change("--link", "sed -i 's,COPY,COPY --link,' d"),
                Change("an ignore file", "echo d/a > e/.dockerignore"),
                Change("the sources' order", "printf 'FROM busybox\\nCOPY o/f d/a /x/\\n' > d"),
            ],
            others: outside + [
                Change("a file beside the sources", "echo z > e/o/f"), Change("an owner in the context", "chown -R 7:7 e"),
                Change("a user before it", "sed -i '$i USER 5' d"), Change("a variable before it", "sed -i '$i ENV a=b' d"),
                Change("an ignore file that leaves out nothing of it", "echo o > e/.dockerignore"),
            ]),
        Step(
            name: "COPY with arguments",
            reset: files
                + "; printf 'FROM busybox\\nARG W=/x/\\nARG M=644\\nARG O=5\\nARG X=z\\nCOPY --chmod=$M --chown=$O --exclude=$X d $W\\n' > d",
            inputs: ["W=/y/", "M=600", "O=6", "X=a"].map { Change($0, "A='--build-arg \($0)'") }, others: []),
        Step(
            name: "COPY --from a stage",
            reset: files + "; printf 'FROM scratch AS s\\nCOPY --chown=7:8 d /d/\\nFROM busybox\\nCOPY --from=s /d /x/\\n' > d",
            inputs: contents + [Change("an owner in the stage", "sed -i 's/7:8/8:8/' d"), Change("the moment", "E=2000")],
            others: [
                Change("a file beside it in the stage", "sed -i '2i COPY o /o/' d"),
                Change("the stage's name", "sed -i 's/ s$/ t/; s/=s /=t /' d"),
                Change(
                    "how its files got there",
                    "printf 'FROM scratch AS s\\nCOPY --chown=7:8 d/a /d/\\nCOPY --chown=7:8 d /d/\\nFROM busybox\\nCOPY --from=s /d /x/\\n' > d"
                ),
            ]),
        Step(
            name: "COPY from the Dockerfile", reset: "printf 'FROM busybox\\nARG A=1\\nCOPY <<F /x/\\n$A\\nF\\n' > d",
            inputs: [
                Change("the text", "sed -i 's/^.A$/b/' d"), Change("a variable in it", "A='--build-arg A=2'"),
                Change("its name", "sed -i 's/F$/G/; s/<<F/<<G/' d"),
                Change("quotes, and so no variables", "sed -i 's/<<F/<<\"F\"/' d"),
            ], others: []),
        Step(
            name: "ADD of an archive",
            reset:
                "rm -rf t; mkdir -p t/d; echo a > t/d/a; ln -s a t/d/l; tar -C t -cf e/a.tar d; printf 'FROM busybox\\nADD a.tar /x/\\n' > d",
            inputs: [
                Change("a content", "echo b > t/d/a; tar -C t -cf e/a.tar d"),
                Change("a mode", "tar -C t --mode=700 -cf e/a.tar d"),
                Change("an owner", "tar -C t --owner=5 -cf e/a.tar d"), Change("a group", "tar -C t --group=5 -cf e/a.tar d"),
                Change("a target", "ln -sfn b t/d/l; tar -C t -cf e/a.tar d"),
                Change("a folder without an entry", "tar -C t -cf e/a.tar d/a d/l"),
                Change("--chown", "sed -i 's/ADD/ADD --chown=0/' d"),
                Change("--unpack", "sed -i 's/ADD/ADD --unpack=false/' d"), Change("no archive", "echo a > e/a.tar"),
                Change("the destination", "sed -i 's,/x/,/y/,' d"), Change("the moment", "E=2000"),
            ],
            others: [
                Change("its compression", "gzip -n e/a.tar; mv e/a.tar.gz e/a.tar"),
                Change("the order of its entries", "tar -C t --no-recursion -cf e/a.tar d d/l d/a"),
                Change("times in it", "tar -C t --mtime=@5000 -cf e/a.tar d"), Change("its own mode", "chmod 600 e/a.tar"),
            ]),
        Step(
            name: "WORKDIR", reset: "touch e/a; printf 'FROM busybox\\nWORKDIR /w\\n' > d",
            inputs: [
                Change("the layers below", "sed -i '2i COPY a /a' d"), Change("the moment", "E=2000"),
                Change("the path", "sed -i 's,/w,/v,' d"),
                Change("the user", "sed -i '2i USER 5' d"), Change("the group", "sed -i '2i USER 0:5' d"),
                Change("the one before", "printf 'FROM busybox\\nENV a=/v\\nWORKDIR $a/w\\n' > d"),
            ], others: outside + [Change("a variable before it", "sed -i '$i ENV a=b' d")]),
        Step(
            name: "FROM a folder",
            reset: files + "; printf 'FROM other\\nCOPY o /o/\\n' > d; rm -rf c; mv e/d c; A='--build-context other=c'",
            inputs: contents.map { Change($0.name, $0.script.replacing("e/d", with: "c")) },
            others: [Change("times", "find c -exec touch -d @5000 {} +")]),
    ]

    private static let run = Step(
        name: "RUN",
        reset: files
            + "; rm -rf c; mkdir c; echo s > s; printf 'FROM busybox\\nARG V\\nRUN --mount=type=bind,source=d,target=/m --mount=type=secret,id=s echo 1 > /tmp/x\\n' > d; A='--secret id=s,src=s'",
        inputs: [
            Change("the layers below", "sed -i '2i COPY o /o/' d"), Change("the moment", "E=2000"),
            Change("the command", "sed -i 's/echo 1/echo 2/' d"),
            Change("a variable", "sed -i '2i ENV a=b' d"),
            Change("an argument that is declared", "A='--secret id=s,src=s --build-arg V=1'"),
            Change("the user", "sed -i '2i USER 5' d"), Change("the group", "sed -i '2i USER 0:5' d"),
            Change("the working directory", "sed -i '2i WORKDIR /tmp' d"),
            Change("the shell", "sed -i '2i SHELL [\"/bin/sh\", \"-e\", \"-c\"]' d"),
            Change("the network", "sed -i 's/RUN /RUN --network=none /' d"),
            Change("the network of all", "A='--secret id=s,src=s --network none'"),
            Change("a mounted file's content", "echo A > e/d/a"), Change("a mounted file's mode", "chmod 600 e/d/a"),
            Change("a mounted file's name", "mv e/d/a e/d/c"), Change("where it is mounted", "sed -i 's,=/m,=/n,' d"),
            Change("whether it is writable", "sed -i 's,=/m,=/m\\,rw,' d"),
            Change("one more mount", "sed -i 's,RUN ,RUN --mount=type=tmpfs\\,target=/t ,' d"),
            Change("a cache", "sed -i 's,RUN ,RUN --mount=type=cache\\,target=/c ,' d"),
            Change("whether a secret is required", "sed -i 's/id=s /id=s,required /' d"),
            Change("a list in place of a line", "printf 'FROM busybox\\nRUN [\"sh\", \"-c\", \"echo 1 > /tmp/x\"]\\n' > d"),
            Change("a script", "printf 'FROM busybox\\nRUN <<F\\necho 1 > /tmp/x\\nF\\n' > d"),
            Change("a platform", "A='--secret id=s,src=s --platform linux/386'"),
        ],
        others: outside + [
            Change("a proxy", "A='--secret id=s,src=s --build-arg HTTP_PROXY=http://a'"),
            Change("what a secret is", "echo t > s"),
            Change("a file beside the mounted ones", "echo z > e/o/f"), Change("a port before it", "sed -i '2i EXPOSE 80' d"),
        ])

    @Test(.needs("setfattr", "/bin/busybox"), .needsRoot, arguments: copies) func stepsThatPlaceFiles(step: Step) throws {
        try step.script.run()
    }

    @Test(.needs("crun", "/bin/busybox"), .needsRoot) func commands() throws { try Self.run.script.run() }

    /// Another store has nothing, but finds in a cache that was written elsewhere what the first one found in its own.
    @Test(.needs("/bin/busybox"), .needsRoot) func aStoreIsInNoKey() throws {
        try BuilderScript(
            "",
            #"""
            touch e/a; printf 'FROM scratch\nCOPY a /a\nWORKDIR /w\n' > d
            strata build -q --cache-to type=local,dest=cache -f d e > built
            STRATA_STORE=$PWD/other strata build --progress plain --cache-from type=local,src=cache -f d e 2>&1 | grep -c CACHED
            """#, "2\n"
        ).run()
    }
}
