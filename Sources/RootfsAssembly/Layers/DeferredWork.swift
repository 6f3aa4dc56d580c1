import BuildPlanning
import FileTrees
import HostSystem
import SandboxInside

/// What many packages ask for and one run does for all of them, at the end of a layer and side by side: the initramfs,
/// the links of /etc/ssl/certs, Python's byte code.
struct DeferredWork {
    /// Where the stand-ins leave word: files in the folder of the surroundings, of an invocation a line.
    static let certificates = "certificates-wanted"
    static let byteCode = ByteCode.wanted
    /// Kernels whose modules are to be indexed.
    static let modules = "modules-wanted"
    /// There when the scripts have ended.
    static let ended = "scripts-ended"

    private let surroundings: ScriptSurroundings
    private let isBase: Bool
    private let isInitramfsWanted: Bool
    private let areCertificatesWanted: Bool
    private let isByteCodeWanted: Bool

    /// - Parameter isBase: whether the layer is the base system, whose initramfs is a layer by itself
    init(_ surroundings: ScriptSurroundings, isBase: Bool) {
        self.surroundings = surroundings
        self.isBase = isBase
        isInitramfsWanted = !isBase && surroundings.isInitramfsWanted
        areCertificatesWanted = Files.exists("\(surroundings.folder)/\(Self.certificates)")
        isByteCodeWanted = [ByteCode.wanted, ByteCode.made].contains { Files.exists("\(surroundings.folder)/\($0)") }
    }

    /// For the timeline.
    var title: String {
        let parts =
            (isBase ? ["/boot/grub"] : []) + (isInitramfsWanted ? ["the initramfs"] : [])
            + (isByteCodeWanted ? ["byte code"] : [])
            + (areCertificatesWanted ? ["certificates"] : [])
        return parts.isEmpty ? "end the layer" : "make " + parts.joined(separator: ", ")
    }

    /// Run in the root, with the surroundings' folder at /run/stonebake.
    var script: String {
        var lines = [
            "set -e", "test -s \(ScriptSurroundings.policy) || rm -f \(ScriptSurroundings.policy)", "jobs= compressor=",
            "begin() { \"$@\" & jobs=\"$jobs $!\"; }",
        ]
        lines.append("\(Self.indexing)")
        if isBase { lines += ["modules() {\n\(BootConfiguration.baseScript)}", "begin modules"] }
        if isInitramfsWanted { lines += [InitramfsScript.functions, "begin initramfs"] }
        if isByteCodeWanted {
            // The groups do not depend on the number of processors, and a package's byte code not on its group. The
            // initramfs takes longer, and comes first.
            lines += [
                Self.python, "$python /run/stonebake/compile check",
                "for group in 0 1; do begin nice -n 5 $python /run/stonebake/compile $group 2; done",
            ]
        }
        if areCertificatesWanted {
            lines += [
                "if grep -q -e --fresh /run/stonebake/\(Self.certificates); then fresh=--fresh; else fresh=; fi",
                "begin update-ca-certificates $fresh",
            ]
        }
        lines += ["for job in $jobs; do wait $job; done", "if [ \"$compressor\" ]; then rm $compressor; fi"]
        return lines.joined(separator: "\n") + "\n"
    }

    /// An interpreter, in a system that has one.
    private static let python =
        "for python in /usr/bin/python3 /usr/bin/python3.[0-9]*; do [ -x $python ] && break; done"

    /// Indexes the modules of the kernels that have come since it was done last.
    private static let indexing = """
        [ ! -e /run/stonebake/\(modules) ] || for version in $(cat /run/stonebake/\(modules)); do
            index=/run/stonebake/modules-$version
            [ -e $index ] || { : >/run/stonebake/indexing; nice -n 5 depmod $version && : >$index; } || exit 1
        done
        """

    /// Runs a command, and beside it what its scripts ask for, or will: they keep one processor busy. What is left when the
    /// command ends is left for `script`.
    static let beside = """
        ended=/run/stonebake/\(ended) PATH=\(SandboxPlaces.programs)
        rm -f $ended
        \(python)
        if [ -x $python ]; then nice -n 5 $python /run/stonebake/compile </dev/null >/run/stonebake/compile.log 2>&1 & fi
        {
            until [ -e $ended ]; do
                \(indexing)
                sleep 0.1
            done
        } </dev/null >/run/stonebake/modules.log 2>&1 &
        indexer=$!
        PATH=\(ScriptSurroundings.searchPath) "$@"
        status=$?
        : >$ended
        # Nothing was asked for: nobody waits for that any more.
        [ -e /run/stonebake/indexing ] || kill $indexer
        wait
        exit $status
        """
}
