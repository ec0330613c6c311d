import TestSupport
import Testing

/// Builds for several platforms, and what others make of their images.
struct BuildPlatformTests {
    private static let dockerfile = #"""
        printf 'FROM --platform=$BUILDPLATFORM scratch AS b\nARG TARGETPLATFORM\nCOPY <<F /app\n$TARGETPLATFORM\nF\nFROM scratch\nCOPY <<F /same\nx\nF\nCOPY --from=b /app /app\n' > d
        both() { strata build "$@" --platform linux/amd64,linux/arm64 -f d e; }

        """#

    @Test(.needs("/bin/busybox"), .needsRoot) func anIndexHasAnImageForEach() throws {
        try BuilderScript(
            "",
            Self.dockerfile + #"""
                both -q -t r:1 --iidfile id --metadata-file meta -o files -o type=oci,dest=o.tar > built
                grep -h . files/linux_amd64/app files/linux_arm64/app files/*/same; grep -o '"containerimage.[a-z.]*"' meta | sort
                [ "$(cat built)" = "$(cat id)" ] && echo same; grep -c "$(cat id)" meta; strata images -q --no-trunc r:1 | wc -l
                both --progress plain 2>&1 | grep -c CACHED; both --progress plain --no-cache 2>&1 | grep -E 'COPY|CACHED' | cut -d ' ' -f 2-4
                both -q -o type=oci,dest=only.tar > built; strata images -q -a | wc -l; strata fsck | grep -o 'no damage'
                both -q -o type=docker,dest=x 2>&1 | head -n 1; both -q -o type=tar,dest=x 2>&1 | head -n 1
                """#,
            """
            linux/amd64
            linux/arm64
            x
            x
            "containerimage.descriptor"
            "containerimage.digest"
            same
            1
            1
            6
            [linux/amd64 b 3/3]
            [linux/amd64 stage-1 2/3]
            [linux/amd64 stage-1 3/3]
            [linux/arm64 b 3/3]
            [linux/arm64 stage-1 2/3]
            [linux/arm64 stage-1 3/3]
            3
            no damage
            Error: `--output type=docker,dest=x` has room for one platform; several go to type=oci or a directory
            Error: `--output type=tar,dest=x` has room for one platform; several go to type=oci or a directory

            """
        ).run()
    }

    @Test(.needs("/bin/busybox", "skopeo"), .needsRoot) func skopeoReadsTheIndex() throws {
        try BuilderScript(
            "",
            Self.dockerfile + #"""
                both -q -t r:1 -o type=oci,dest=o.tar > built; strata save --type oci -o layout r:1
                for p in oci-archive:o.tar oci:layout; do for a in amd64 arm64
                do skopeo inspect --override-arch $a --config $p | grep -o '"architecture": *"[a-z0-9]*"' | tr -d ' '; done; done
                skopeo copy -q --all oci-archive:o.tar dir:copied; ls copied | wc -l
                """#,
            """
            "architecture":"amd64"
            "architecture":"arm64"
            "architecture":"amd64"
            "architecture":"arm64"
            9

            """
        ).run()
    }

    @Test(.needs("/bin/busybox", "skopeo", "docker-registry"), .needsRoot) func aRegistryTakesTheIndex() throws {
        let registry = try DockerRegistry()
        try BuilderScript(
            "",
            Self.dockerfile + #"""
                both -q --push -t "$2/a/r:1" -t "$2/a/r:2" --metadata-file meta > built
                for t in 1 2; do skopeo inspect --tls-verify=false --raw docker://$2/a/r:$t | sha256sum | cut -d ' ' -f 1 | grep -qFf - meta && echo same; done
                for a in amd64 arm64; do skopeo inspect --tls-verify=false --override-arch $a --config docker://$2/a/r:1 | grep -o '"architecture": *"[a-z0-9]*"' | tr -d ' '; done
                STRATA_STORE=$PWD/other strata pull -q --platform linux/arm64 $2/a/r:1 > pulled
                STRATA_STORE=$PWD/other strata inspect $2/a/r:1 | grep '"Architecture"'
                printf 'FROM %s/a/r:1\nCOPY --from=%s/a/r:2 /app /again\n' "$2" "$2" > d
                STRATA_STORE=$PWD/third both -q -o based > built; grep -h . based/*/again
                """#,
            """
            same
            same
            "architecture":"amd64"
            "architecture":"arm64"
                "Architecture": "arm64",
            linux/amd64
            linux/arm64

            """
        ).run(registry.name)
    }

    /// podman takes no longer path than 50 bytes for what it keeps while it runs.
    @Test(.needs("/bin/busybox", "podman"), .needsRoot) func podmanTakesEitherImage() throws {
        let run = try TemporaryDirectory()
        let podman = "podman --root \"$PWD/p\" --runroot \"$2\" --storage-driver vfs"
        let bench = try Workbench()
        let listed = try bench.shell("cd \"$1\"; \(podman) images", bench.folder.path, run.path)
        try Skip.unless(listed.status == 0, "no images can be kept here: \(listed.errors.suffix(300))")
        try BuilderScript(
            "",
            Self.dockerfile + """
                both -q -t r:1 -o type=oci,dest=o.tar > built
                for a in amd64 arm64
                do \(podman) image inspect --format '{{.Architecture}}' $(\(podman) pull -q --arch $a oci-archive:o.tar); done
                """,
            """
            amd64
            arm64

            """
        ).run(run.path)
    }

    @Test(.needs("crun", "/bin/busybox"), .needsRoot) func aProgramOfAnotherMachineIsToldOf() throws {
        try BuilderScript(
            "",
            #"""
            printf 'FROM scratch\nCOPY root /\nRUN true\n' > d
            for p in amd64 386; do strata build -q --platform linux/$p -f d . > built && echo built; done
            refused --platform linux/mips64 -f d .; tail -n 1 said
            """#,
            """
            built
            built
            3: strata: d:3: this machine does not run programs for linux/mips64, in `RUN true`
            hint: install an emulator that the kernel finds, such as `apt-get install qemu-user-static`

            """
        ).run()
    }
}
