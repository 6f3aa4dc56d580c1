import HostSystem

/// What many packages ask for and one run does for all of them, at the end of a layer and side by side: the initramfs,
/// the links of /etc/ssl/certs, Python's byte code.
struct DeferredWork {
    /// Where the stand-ins leave word: files in the folder of the surroundings, of an invocation a line.
    static let certificates = "certificates-wanted"
    static let byteCode = "byte-code-wanted"

    private let surroundings: ScriptSurroundings
    let isInitramfsWanted: Bool
    private let areCertificatesWanted: Bool
    private let isByteCodeWanted: Bool

    init(_ surroundings: ScriptSurroundings) {
        self.surroundings = surroundings
        isInitramfsWanted = surroundings.isInitramfsWanted
        areCertificatesWanted = Files.exists("\(surroundings.folder)/\(Self.certificates)")
        isByteCodeWanted = Files.exists("\(surroundings.folder)/\(Self.byteCode)")
    }

    /// For the timeline.
    var title: String {
        let parts =
            (isInitramfsWanted ? ["the initramfs"] : []) + (isByteCodeWanted ? ["byte code"] : [])
            + (areCertificatesWanted ? ["certificates"] : [])
        return parts.isEmpty ? "end the layer" : "make " + parts.joined(separator: ", ")
    }

    /// Run in the root, with the surroundings' folder at /run/stonebake.
    var script: String {
        var lines = [
            "set -e", "test -s \(ScriptSurroundings.policy) || rm -f \(ScriptSurroundings.policy)", "jobs=",
            "begin() { \"$@\" & jobs=\"$jobs $!\"; }",
        ]
        if isInitramfsWanted { lines += [Self.initramfs, "begin initramfs"] }
        if isByteCodeWanted {
            // The groups do not depend on the number of processors, and a package's byte code not on its group: each is
            // compiled by an interpreter of its own.
            lines += [
                "cat >/run/stonebake/compile <<'EOF'", Self.compile, "EOF",
                "for group in 0 1 2 3; do begin python3 /run/stonebake/compile $group 4; done",
            ]
        }
        if areCertificatesWanted {
            lines += [
                "if grep -q -e --fresh /run/stonebake/\(Self.certificates); then fresh=--fresh; else fresh=; fi",
                "begin update-ca-certificates $fresh",
            ]
        }
        lines.append("for job in $jobs; do wait $job; done")
        return lines.joined(separator: "\n") + "\n"
    }

    private static let initramfs = """
        # There is no disk to ask for its filesystem, whose checker has to be in, nor for a place to resume from.
        mkdir -p /etc/initramfs-tools/conf.d
        printf 'FSTYPE=ext4\\nRESUME=none\\n' >/etc/initramfs-tools/conf.d/stonebake
        initramfs() {
            for modules in /usr/lib/modules/*/; do
                version=$(basename "$modules")
                if [ -e "/boot/vmlinuz-$version" ]; then update-initramfs -c -k "$version" || exit 1; fi
            done
        }
        """

    /// py3compile(1) itself, with the invocations of one group, in one interpreter.
    private static let compile = """
        import runpy, shlex, sys
        group, groups = int(sys.argv[1]), int(sys.argv[2])
        with open("/run/stonebake/\(byteCode)") as file:
            invocations = list(dict.fromkeys(file.read().splitlines()))
        for invocation in invocations[group::groups]:
            sys.argv = ["py3compile"] + shlex.split(invocation)
            try:
                runpy.run_path("/usr/bin/py3compile", run_name="__main__")
            except SystemExit as end:
                if end.code:
                    sys.exit(f"py3compile {invocation} ended with {end.code}")
        """
}
