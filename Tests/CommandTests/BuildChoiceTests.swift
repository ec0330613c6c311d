import TestSupport
import Testing

/// Flags, keys and arguments of builds: each is done, or refused by name.
struct BuildChoiceTests {
    private static let plain = [
        BuilderScript(
            "a checksum is for what is fetched",
            #"""
            touch e/a e/b; for s in 'a /a' 'a b /' '<<F /a\nF'
            do printf "FROM scratch\nADD --checksum=sha256:%064d $s\n" 0 > d; refused -f d e; done
            printf 'FROM scratch\nADD --keep-git-dir a /a\n' > d; refused -f d e
            """#,
            """
            2: strata: d:2: `--checksum` needs exactly one source, an HTTP address, in `ADD --checksum=sha256:0000000000000000000000000000000000000000000000000000000000000000 a /a`
            2: strata: d:2: `--checksum` needs exactly one source, an HTTP address, in `ADD --checksum=sha256:0000000000000000000000000000000000000000000000000000000000000000 a b /`
            2: strata: d:2: `--checksum` needs exactly one source, an HTTP address, in `ADD --checksum=sha256:0000000000000000000000000000000000000000000000000000000000000000 <<F /a`
            2: strata: d:2: `--keep-git-dir` is only for a git repository as the source, in `ADD --keep-git-dir a /a`

            """),
        BuilderScript(
            "the moment of a build is an argument too",
            #"""
            printf 'FROM scratch\nARG SOURCE_DATE_EPOCH\nCOPY <<F /f\n[$SOURCE_DATE_EPOCH]\nF\n' > d
            made() { strata build -q -t r -f d "$@" e > built; strata inspect r | grep -o '"Created": "[^.Z]*'
                strata build -q -o type=tar,dest=o.tar -f d "$@" e > built; tar -xOf o.tar f; }
            made --build-arg SOURCE_DATE_EPOCH=1700000000; SOURCE_DATE_EPOCH=1700000001 made
            SOURCE_DATE_EPOCH=5 made --build-arg SOURCE_DATE_EPOCH=1700000002
            SOURCE_DATE_EPOCH=1700000003 made --build-arg SOURCE_DATE_EPOCH
            SOURCE_DATE_EPOCH=5 made --build-arg SOURCE_DATE_EPOCH= | grep -c 'Created": "1970' || true
            for t in now 1.5 -1; do refused --build-arg SOURCE_DATE_EPOCH=$t -f d e; done
            """#,
            """
            "Created": "2023-11-14T22:13:20
            [1700000000]
            "Created": "2023-11-14T22:13:21
            [1700000001]
            "Created": "2023-11-14T22:13:22
            [1700000002]
            "Created": "2023-11-14T22:13:23
            [1700000003]
            0
            2: strata: SOURCE_DATE_EPOCH is `now`, which is not a number of seconds
            2: strata: SOURCE_DATE_EPOCH is `1.5`, which is not a number of seconds
            2: strata: SOURCE_DATE_EPOCH is `-1`, which is not a number of seconds

            """),
        BuilderScript(
            "every output is written",
            #"""
            echo A > e/a; printf 'FROM scratch\nCOPY a /a\n' > d
            strata build -q -o type=tar,dest=1.tar -o type=oci,dest=2.tar -o far/off/dir -f d e > built
            tar -tf 1.tar; tar -tf 2.tar | grep -c ^index; cat far/off/dir/a
            strata build -q -o same -o type=tar,dest=same -f d e 2>&1 | grep -o 'two outputs.*'
            """#,
            """
            a
            1
            A
            two outputs cannot go to the same place, `same`

            """),
        BuilderScript(
            "an output goes over what is there, and through no symlink",
            #"""
            mkdir -p e/d/s out/d away/s; echo A > e/a; echo new > e/d/f; echo x > e/d/s/x; echo l > e/l
            echo mine > out/mine; echo old > out/d/f; echo mine > out/d/mine; chmod 600 out/d/f
            ln -s ../../away/s out/d/s; ln -s ../away/l out/l; echo untouched > away/l; echo file > out/g
            mkdir e/g; echo y > e/g/y
            printf 'FROM scratch\nCOPY . /\n' > d; strata build -q -o out -f d e > built
            cat out/mine out/d/f out/d/mine out/d/s/x out/l out/g/y away/l; ls away/s; stat -c %a out/d/f
            mkdir out/a.d; rm out/a; mkdir out/a; touch out/a/kept
            strata build -q -o out -f d e 2>&1 | head -n 1; ls out/a
            """#,
            """
            mine
            new
            mine
            x
            l
            y
            untouched
            644
            strata: cannot write out/a: Is a directory
            kept

            """),
        BuilderScript(
            "findings end a build where the file says so",
            #"""
            printf '# check=error=true\nFROM scratch\nMAINTAINER me\n' > d; refused -f d e
            printf '# check=error=true;skip=MaintainerDeprecated\nFROM scratch\nMAINTAINER me\n' > d; refused -f d e
            printf 'FROM scratch\nMAINTAINER me\n' > d; refused -f d e
            refused --build-arg BUILDKIT_DOCKERFILE_CHECK=error=true -f d e
            """#,
            """
            1: strata: the checks found: d:3: MaintainerDeprecated: MAINTAINER is out of use: `LABEL org.opencontainers.image.authors=…` says the same
            built
            built
            1: strata: the checks found: d:2: MaintainerDeprecated: MAINTAINER is out of use: `LABEL org.opencontainers.image.authors=…` says the same

            """),
        BuilderScript(
            "a trigger names stages of the file that it comes to",
            #"""
            echo e > e/f
            printf 'FROM scratch\nONBUILD COPY --from=extra /e /e\n' > d; strata build -q -t p -f d e > built
            printf 'FROM scratch AS not\nCOPY nothing /\nFROM scratch AS extra\nCOPY f /e\nFROM p\n' > d; listed -f d e
            printf 'FROM scratch AS extra\nCOPY f /e\nFROM scratch AS base\nONBUILD COPY --from=extra /e /g\nFROM base\n' > d; listed -f d e
            """#,
            """
            -rw-r--r-- 0/0 e
            -rw-r--r-- 0/0 g

            """),
    ]

    private static let contexts = [
        BuilderScript(
            "a context takes the place of stages and base images of its name",
            #"""
            mkdir c; touch c/ok c/.env; echo .env > c/.dockerignore; echo x > e/f; strata tag busybox localhost/pinned:1
            printf 'FROM docker.io/library/alpine:latest\nCOPY f /f\n' > d
            listed --build-context alpine=docker-image://localhost/pinned:1 -f d e | grep -cE ' (bin/busybox|f)$'
            listed --build-context alpine=c -f d e; echo more > c/more; listed --build-context alpine=c -f d e | grep -c more
            printf 'FROM scratch AS st\nCOPY nothing /\nFROM scratch\nCOPY --from=st / /r/\nCOPY --from=0 ok /n\n' > d; listed --build-context st=c -f d e
            printf 'FROM scratch AS st\nCOPY nothing /\nFROM st\nCOPY f /g\n' > d; listed --build-context st=c -f d e
            """#,
            """
            2
            -rw-r--r-- 0/0 .dockerignore
            -rw-r--r-- 0/0 f
            -rw-r--r-- 0/0 ok
            1
            -rw-r--r-- 0/0 n
            drwxr-xr-x 0/0 r/
            -rw-r--r-- 0/0 r/.dockerignore
            -rw-r--r-- 0/0 r/more
            -rw-r--r-- 0/0 r/ok
            -rw-r--r-- 0/0 .dockerignore
            -rw-r--r-- 0/0 g
            -rw-r--r-- 0/0 more
            -rw-r--r-- 0/0 ok

            """),
        BuilderScript(
            "a mode is for files that are copied, not for those of an archive",
            #"""
            mkdir t; echo a > t/a; echo x > e/f; tar -C t --mode=640 -cf e/a.tar a
            printf 'FROM scratch\nADD --chmod=700 a.tar f /t/\n' > d; listed -f d e
            """#,
            """
            drwxr-xr-x 0/0 t/
            -rw-r----- 0/0 t/a
            -rwx------ 0/0 t/f

            """),
        BuilderScript(
            "an unknown user may work where a folder is",
            #"""
            printf 'FROM busybox\nUSER app\nWORKDIR /tmp\nWORKDIR /\n' > d; refused -f d e
            printf 'FROM busybox\nUSER app\nWORKDIR /new\n' > d; refused -f d e
            """#,
            """
            built
            3: strata: d:3: the image has no user `app`, in `WORKDIR /new`

            """),
        BuilderScript(
            "what nothing matches is nothing, and a folder of ignored files is a folder",
            #"""
            echo f > e/f; printf 'FROM scratch\nCOPY missing* /d/\nCOPY missing* f /g/\n' > d; listed -f d e
            strata build --progress plain -f d e 2>&1 | grep -c warning || true
            strata build --progress plain --no-cache -f d e 2>&1 | grep warning
            echo '*' > e/.dockerignore; printf 'FROM scratch\nCOPY . /out/\n' > d; listed -f d e
            """#,
            """
            drwxr-xr-x 0/0 g/
            -rw-r--r-- 0/0 g/f
            0
            strata: warning: no file matches what `COPY missing* /d/` copies
            drwxr-xr-x 0/0 out/

            """),
        BuilderScript(
            "behind a wildcard no symlink leads to a folder",
            #"""
            mkdir -p e/real/sub; touch e/real/q e/real/sub/r; ln -s real e/link
            printf 'FROM scratch\nCOPY link/* /one/\nCOPY l*/q /two/\nCOPY */q /three/\nCOPY li* /four/\n' > d; listed -f d e | grep -v /$
            """#,
            """
            -rw-r--r-- 0/0 four/q
            -rw-r--r-- 0/0 four/sub/r
            -rw-r--r-- 0/0 one/q
            -rw-r--r-- 0/0 one/r
            -rw-r--r-- 0/0 three/q

            """),
    ]

    private static let flags = [
        BuilderScript(
            "what strata does anyway may be asked for",
            #"""
            touch e/a; printf 'FROM scratch AS one\nCOPY a /a\nFROM scratch\nCOPY --from=one /a /b\n' > d
            for o in --load --load=true --push=false --provenance=false --sbom=false --pull=false --no-cache=false --progress=tty
            do strata build -q $o -f d e > built && echo $o; done
            strata build -q --load -o type=tar,dest=o.tar -f d e > id; strata images -q --no-trunc | grep -cFf id
            strata build --progress plain --no-cache-filter one -f d e 2>&1 | grep -cE '^#. CACHED'
            strata build --progress plain --no-cache-filter stage-1,one -f d e 2>&1 | grep -cE '^#. CACHED' || true
            for o in --provenance=true --sbom=1 --push --no-cache-filter=two --pull=maybe --shm-size=x --ulimit=x=1 --add-host=a
            do strata build -q $o -f d e 2>&1 | head -n 1; done
            strata build -q -t x:1 --metadata-file m -f d e > id; grep -cFf id m; grep -o '"image.name":"[^"]*"' m
            """#,
            """
            --load
            --load=true
            --push=false
            --provenance=false
            --sbom=false
            --pull=false
            --no-cache=false
            --progress=tty
            1
            1
            0
            Error: `--provenance=true`: attestations are not supported; leave the option out, or write false
            Error: `--sbom=1`: attestations are not supported; leave the option out, or write false
            Error: `--push` needs `--tag`, which names the registry
            strata: the Dockerfile has no stage `two`
            strata: `--pull` takes true or false, not `maybe`
            strata: `--shm-size` takes a number of bytes such as 64m or 1.5g, not `x`
            strata: `--ulimit` takes one of the limits core, cpu, data, fsize, locks, memlock, msgqueue, nice, nofile, nproc, rss, rtprio, rttime, sigpending, stack, not `x=1`
            strata: `--add-host` takes NAME:ADDRESS with an IPv4 or IPv6 address, not `a`
            1
            "image.name":"docker.io/library/x:1"

            """)
    ]

    private static let running = [
        BuilderScript(
            "commands have the hosts and limits of the command line, and are others with others",
            #"""
            printf 'FROM busybox\nRUN ulimit -n > /o; df -k /dev/shm | tail -n 1 | while read a b c; do echo $b; done >> /o; grep -E "one|two" /etc/hosts >> /o\n' > d
            made() { rm -rf out; strata build -q -o out "$@" -f d e > built; cat out/o; echo --; }
            made --ulimit nofile=100:200 --shm-size 5m --add-host one:1.2.3.4 --add-host two=::1
            made --ulimit nofile=101 --shm-size 5m --add-host one:1.2.3.5
            """#,
            """
            100
            5120
            1.2.3.4	one
            ::1	two
            --
            101
            5120
            1.2.3.5	one
            --

            """),
        BuilderScript(
            "a new cache begins with what it is given",
            #"""
            mkdir e/d e/x; echo seeded > e/d/f
            printf 'FROM scratch AS seed\nCOPY . /\nFROM busybox\nARG N\nRUN --mount=type=cache,id=x,from=seed,source=/d,target=/c,mode=750,uid=5 ls /c > /o; stat -c "%%a %%u" /c >> /o; echo more > /c/$N\n' > d
            for n in 1 2; do rm -rf out; strata build -q -o out --build-arg N=$n -f d e > built; cat out/o; echo --; done
            echo other > e/d/g; rm -rf out; strata build -q -o out --build-arg N=2 -f d e > built; cat out/o; echo --
            printf 'FROM busybox\nRUN --mount=type=cache,id=x,target=/c ls /c > /o\n' > d
            rm -rf out; strata build -q -o out -f d e > built; cat out/o
            printf 'FROM busybox\nRUN --mount=type=cache,id=y,from=busybox,source=/tmp,target=/c --mount=type=cache,id=y,from=busybox,source=/tmp,target=/d,sharing=locked touch /c/f && ls /d > /o\n' > d
            rm -rf out; strata build -q -o out -f d e > built; cat out/o
            printf 'FROM busybox\nRUN --mount=type=cache,id=x,from=busybox,source=/etc/passwd,target=/c true\n' > d; refused -f d e
            printf 'FROM busybox\nRUN --mount=type=cache,id=x,from=busybox,source=/none,target=/c true\n' > d; refused -f d e
            """#,
            """
            f
            750 5
            --
            1
            f
            750 5
            --
            f
            g
            750 5
            --
            f
            3: strata: d:2: `/etc/passwd` is not a directory, in `RUN --mount=type=cache,id=x,from=busybox,source=/etc/passwd,target=/c true`
            3: strata: d:2: `/none` is not in `busybox`, in `RUN --mount=type=cache,id=x,from=busybox,source=/none,target=/c true`

            """),
        BuilderScript(
            "an ssh agent is a socket that a step sees",
            #"""
            python3 -c "import socket; s=socket.socket(socket.AF_UNIX); s.bind('agent')"
            printf 'FROM busybox\nRUN --mount=type=ssh [ -S "$SSH_AUTH_SOCK" ] && echo "$SSH_AUTH_SOCK" > /o || echo none > /o\n' > d
            made() { rm -rf out; strata build -q --no-cache -o out "$@" -f d e > built; cat out/o; }
            made --ssh default=agent; SSH_AUTH_SOCK=$PWD/agent made --ssh default; made; ls out/run 2> /dev/null || true
            printf 'FROM busybox\nRUN --mount=type=ssh,required true\n' > d; refused -f d e; refused --ssh default=e -f d e
            for k in mode=600 uid=0,gid=7; do printf "FROM busybox\nRUN --mount=type=ssh,$k true\n" > d; refused -f d e; done
            """#,
            """
            /run/buildkit/ssh_agent.default
            /run/buildkit/ssh_agent.default
            none
            3: strata: d:2: the step needs the ssh agent `default`, in `RUN --mount=type=ssh,required true`
            2: Error: `--ssh default=e`: e is not the socket of an agent; keys go to one with ssh-add
            3: strata: d:2: `mode`, `uid` or `gid` of an ssh mount is not supported, in `RUN --mount=type=ssh,mode=600 true`
            3: strata: d:2: `mode`, `uid` or `gid` of an ssh mount is not supported, in `RUN --mount=type=ssh,uid=0,gid=7 true`

            """),
        BuilderScript(
            "a mount is as it is asked for",
            #"""
            printf 'FROM busybox\nRUN --mount=type=tmpfs,target=/t,ro --mount=type=tmpfs,target=/u touch /t/a || touch /u/a && echo closed > /o\n' > d
            strata build -q -o out -f d e > built 2>&1; cat out/o
            printf 'FROM busybox\nRUN --mount=type=secret,source=a/b cat /run/secrets/b > /o\n' > d
            echo s > s; rm -rf out; strata build -q -o out --secret id=a/b,src=s -f d e > built; cat out/o
            printf 'FROM busybox\nRUN --mount=type=secret,id=x cat /run/secrets/x\n' > d; refused --secret id=x,src=/none -f d e
            """#,
            """
            closed
            s
            3: strata: d:2: cannot open /none: No such file or directory, in `RUN --mount=type=secret,id=x cat /run/secrets/x`

            """),
    ]

    @Test(.needs("/bin/busybox"), .needsRoot, arguments: contexts) func sources(item: BuilderScript) throws { try item.run() }

    @Test(.needs("/bin/busybox"), .needsRoot, arguments: flags) func flagsOfScripts(item: BuilderScript) throws { try item.run() }

    @Test(.needs("/bin/busybox"), .needsRoot, arguments: plain) func withoutRunningAnything(item: BuilderScript) throws {
        try item.run()
    }

    @Test(.needs("crun", "/bin/busybox"), .needsRoot, arguments: running) func byRunning(item: BuilderScript) throws {
        try item.run()
    }
}
