import Foundation
import TestSupport
import Testing

/// What Dockerfiles mean to other builders as well, told by what is then in the image.
struct BuilderAgreementTests {
    private typealias Case = BuilderScript

    private static let plain = [
        Case(
            "TARGETARCH is the result's in a stage for another machine",
            #"""
            printf 'FROM --platform=$BUILDPLATFORM scratch AS one\nARG TARGETARCH\nCOPY <<F /arch\n$TARGETARCH\nF\nFROM scratch\nCOPY --from=one /arch /arch\n' > d
            strata build -q --platform linux/arm64 -o out -f d e > built; cat out/arch
            """#,
            """
            arm64

            """),
        Case(
            "an empty platform among several is none",
            #"""
            printf 'FROM scratch\nLABEL a=b\n' > d
            strata build -q --platform linux/amd64, -f d e 2>&1 | head -n 1; strata images -q | wc -l
            """#,
            """
            strata: `` is not a valid platform
            1

            """),
        Case(
            "another name of an architecture is not written",
            #"""
            printf 'FROM scratch\nLABEL a=b\n' > d; strata build -q --platform linux/aarch64 -t r -f d e > built
            strata inspect r | grep -o '"Architecture": "[a-z0-9_]*"'
            """#,
            """
            "Architecture": "arm64"

            """),
        Case(
            "a mode from an argument is in the key",
            #"""
            echo hi > e/f; printf 'FROM scratch\nARG MODE\nCOPY --chmod=$MODE f /f\n' > d; for m in 644 755
            do listed --build-arg MODE=$m -f d e; done
            """#,
            """
            -rw-r--r-- 0/0 f
            -rwxr-xr-x 0/0 f

            """),
        Case(
            "a file's names are told by its device too",
            #"""
            cat > inner <<'S'
            set -e; mkdir e/a e/b; mount -t tmpfs none e/a; mount -t tmpfs none e/b
            for d in a b; do echo "I am $d" > e/$d/x; ln e/$d/x e/$d/y; done
            printf 'FROM scratch\nCOPY . /c/\n' > d; "$STRATA" build -q -o out -f d e > built
            S
            unshare -m sh inner; cat out/c/a/x out/c/b/x
            """#,
            """
            I am a
            I am b

            """),
        Case(
            "a named context has an ignore file of its own",
            #"""
            mkdir c; touch c/ok c/.env; echo .env > c/.dockerignore
            printf 'FROM scratch\nCOPY --from=other . /\n' > d; listed --build-context other=c -f d e
            """#,
            """
            -rw-r--r-- 0/0 .dockerignore
            -rw-r--r-- 0/0 ok

            """),
        Case(
            "a new folder is nobody's of the source",
            #"""
            mkdir -m 700 e/dir; touch e/dir/f; chmod 640 e/dir/f
            printf 'FROM scratch AS a\nCOPY --chown=7:8 --chmod=600 dir/f /s/f\nFROM scratch\nCOPY --from=a /s /new\nCOPY dir /own\nCOPY --chown=5 dir /theirs\n' > d
            listed -f d e
            """#,
            """
            drwxr-xr-x 0/0 new/
            -rw------- 7/8 new/f
            drwxr-xr-x 0/0 own/
            -rw-r----- 0/0 own/f
            drwxr-xr-x 5/5 theirs/
            -rw-r----- 5/5 theirs/f

            """),
        Case(
            "several files go where a folder is, however that is written",
            #"""
            echo A > e/a; echo B > e/b
            printf 'FROM busybox\nWORKDIR /app\nCOPY a b /app\nWORKDIR /\nCOPY a b app\nRUN cat /app/a /app/b > /seen\n' > d; strata build -q -o out -f d e > built; cat out/seen
            """#,
            """
            A
            B

            """),
        Case(
            "only a whole last part of dots is a folder",
            #"""
            echo A > e/a; printf 'FROM scratch\nCOPY a /opt/v1.\n' > d; listed -f d e
            """#,
            """
            drwxr-xr-x 0/0 opt/
            -rw-r--r-- 0/0 opt/v1.

            """),
        Case(
            "two stars are any number of folders",
            #"""
            mkdir -p e/p/a e/p/b/c; touch e/j e/p/j e/p/a/j e/p/b/c/j
            for s in 'p/**/j' '**/j'; do printf "FROM scratch\nCOPY --parents $s /\n" > d; listed -f d e | grep j$
            echo --; done
            """#,
            """
            -rw-r--r-- 0/0 p/a/j
            -rw-r--r-- 0/0 p/b/c/j
            -rw-r--r-- 0/0 p/j
            --
            -rw-r--r-- 0/0 j
            -rw-r--r-- 0/0 p/a/j
            -rw-r--r-- 0/0 p/b/c/j
            -rw-r--r-- 0/0 p/j
            --

            """),
        Case(
            "a symlink that is a source is followed, by name and by pattern",
            #"""
            mkdir e/s; echo t > e/s/real; ln -s real e/s/link; ln -s nowhere e/s/lost
            printf 'FROM scratch\nCOPY s/l* /out/\nCOPY s/link /named/\nCOPY s /all/\n' > d; listed -f d e | grep /l
            """#,
            """
            lrwxrwxrwx 0/0 all/link -> real
            lrwxrwxrwx 0/0 all/lost -> nowhere
            -rw-r--r-- 0/0 named/link
            -rw-r--r-- 0/0 out/link
            lrwxrwxrwx 0/0 out/lost -> nowhere

            """),
        Case(
            "root is known without a table of users",
            #"""
            touch e/a
            printf 'FROM scratch\nCOPY --chown=root:root a /a\nUSER root\nWORKDIR /w\nUSER 9\nWORKDIR /v\n' > d
            listed -f d e
            """#,
            """
            -rw-r--r-- 0/0 a
            drwxr-xr-x 9/9 v/
            drwxr-xr-x 0/0 w/

            """),
        Case(
            "an archive without entries for its folders invents none",
            #"""
            mkdir -p t/lib t/tmp t/home/app t/new; for f in lib/tool tmp/x home/app/c new/n; do echo x > t/$f; done
            tar -C t -cf e/a.tar lib/tool tmp/x home/app/c new/n
            printf 'FROM busybox\nRUN mkdir -p /usr/lib /home/app && ln -s usr/lib /lib && chown 1000 /home/app && chmod 750 /home/app\nADD a.tar /\n' > d
            listed -f d e | grep -E ' (lib|tmp/|home/app/|new/|usr/lib/tool)'
            """#,
            """
            drwxr-x--- 1000/0 home/app/
            -rw-r--r-- 0/0 home/app/c
            lrwxrwxrwx 0/0 lib -> usr/lib
            drwxr-xr-x 0/0 new/
            -rw-r--r-- 0/0 new/n
            drwxrwxrwt 0/0 tmp/
            -rw-r--r-- 0/0 tmp/x
            -rw-r--r-- 0/0 usr/lib/tool

            """),
        Case(
            "of a published port the container's is exposed",
            #"""
            printf 'FROM scratch\nEXPOSE 8080:80 127.0.0.1:53:53/udp\n' > d; strata build -q -t r -f d e > built
            strata inspect r | grep -oE '"[0-9]+/(tcp|udp)"'
            """#,
            """
            "53/udp"
            "80/tcp"

            """),
        Case(
            "a stage that comes later is no image",
            #"""
            touch e/a
            printf 'FROM scratch\nCOPY --from=later /a /a\nFROM scratch AS later\nCOPY a /a\nFROM scratch\nCOPY --from=0 /a /b\n' > d; strata build -q -f d e 2>&1 | head -n 1
            """#,
            """
            strata: d:2: there is no earlier stage `later`, in `COPY --from=later /a /a`

            """),
    ]

    private static let running = [
        Case(
            "a script in a heredoc is a file, not its own input",
            #"""
            { printf 'FROM busybox\nRUN <<EOF\n#!/bin/sh\nset -e\ncat > /read\n'; printf '#%020000d\n' 0
            printf 'echo two > /two\nEOF\n'; } > d
            strata build -q -o out -f d e > built; wc -c < out/read; cat out/two; sed -i 's/^echo two.*/exit 3/' d
            strata build -q -f d e 2>&1 | grep -o 'status 3'
            """#,
            """
            0
            two
            status 3

            """),
        Case(
            "a trigger keeps its heredoc",
            #"""
            printf 'FROM busybox\nONBUILD RUN <<EOF\necho hi > /t\nEOF\n' > d; strata build -q -t p -f d e > built
            printf 'FROM p\n' > d; strata build -q -o out -f d e > built; cat out/t
            """#,
            """
            hi

            """),
        Case(
            "the primary group is among the groups",
            #"""
            printf 'FROM busybox\nUSER 1234:1234\nRUN grep Groups /proc/self/status > /tmp/g\n' > d
            strata build -q -o out -f d e > built; tr -d ' \t' < out/tmp/g
            strata run --rm -u 1234:1234 busybox grep Groups /proc/self/status | tr -d ' \t'
            """#,
            """
            Groups:1234
            Groups:1234

            """),
        Case(
            "a step finds itself by its name",
            #"""
            printf 'FROM busybox\nRUN grep -c "$(hostname)" /etc/hosts > /c\n' > d
            strata build -q -o out -f d e > built; cat out/c
            """#,
            """
            1

            """),
        Case(
            "mounts are made from the outside in",
            #"""
            mkdir -p v/up v/app/uploads v/etc; touch v/up/U v/etc/E
            strata run --rm -v $PWD/v/up:/app/uploads -v $PWD/v/app:/app busybox sh -c 'ls /app/uploads
            touch /app/uploads/new'; ls v/up v/app/uploads
            strata run --rm -v $PWD/v/etc:/etc busybox sh -c 'ls /etc/E /etc/hosts; cat /etc/hostname | wc -l'
            strata run --rm -v $PWD/v/up:/x -v $PWD/v/app:/x/ busybox ls /x 2>&1 || echo "exit $?"
            """#,
            """
            U
            v/app/uploads:

            v/up:
            U
            new
            /etc/E
            /etc/hosts
            1
            strata: `--volume` takes one mount at each place, not `/x/`
            exit 125

            """),
    ]

    @Test(.needs("/bin/busybox"), .needsRoot, arguments: plain) func withoutRunningAnything(item: BuilderScript) throws {
        try item.run()
    }

    @Test(.needs("crun", "/bin/busybox"), .needsRoot, arguments: running) func byRunning(item: BuilderScript) throws {
        try item.run()
    }

    @Test(.needs("setfattr", "/bin/busybox"), .needsRoot) func anAttributeIsInTheKey() throws {
        try BuilderScript(
            "",
            #"""
            cp /bin/true e/prog; printf 'FROM scratch\nCOPY prog /prog\nFROM scratch\nCOPY --from=0 /prog /p\n' > d
            strata build -q -f d e > one; strata build -q -f d e > same
            setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 e/prog
            strata build -q -f d e > two; strata build -q --no-cache -o out -f d e > three
            cmp one same && ! cmp -s one two && getfattr -m - out/p | grep cap
            """#, "security.capability\n"
        ).run()
    }

    /// What a first build keeps of attributes is what the next one finds, whatever they hold.
    @Test(.needs("setfattr", "/bin/busybox"), .needsRoot) func attributesAreKnownAgain() throws {
        try BuilderScript(
            "",
            #"""
            mkdir e/d; for f in e/d e/d/f; do [ $f = e/d ] || echo x > $f; setfattr -n user.b -v 0x00ff0a3d $f; setfattr -n user.a -v "" $f; done
            printf 'FROM scratch\nCOPY . /\n' > d; strata build -q -f d e > one; cp -a e copy; touch copy/d/f
            strata build --progress plain -f d copy 2>&1 | grep -c CACHED; strata build -q -f d copy | cmp - one
            """#, "1\n"
        ).run()
    }
}
