import HostSystem

/// What many packages ask for and one run does for all of them, at the end of a layer and side by side: the initramfs,
/// the links of /etc/ssl/certs, Python's byte code.
struct DeferredWork {
    /// Where the stand-ins leave word: files in the folder of the surroundings, of an invocation a line.
    static let certificates = "certificates-wanted"
    static let byteCode = "byte-code-wanted"
    /// Kernels whose modules are to be indexed.
    static let modules = "modules-wanted"
    /// What of it has been compiled beside the scripts.
    private static let compiled = "byte-code-made"
    /// There when the scripts have ended.
    private static let ended = "scripts-ended"

    private let surroundings: ScriptSurroundings
    private let isInitramfsWanted: Bool
    private let areCertificatesWanted: Bool
    private let isByteCodeWanted: Bool

    init(_ surroundings: ScriptSurroundings, makesInitramfs: Bool) {
        self.surroundings = surroundings
        isInitramfsWanted = makesInitramfs && surroundings.isInitramfsWanted
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
            "set -e", "test -s \(ScriptSurroundings.policy) || rm -f \(ScriptSurroundings.policy)", "jobs= compressor=",
            "begin() { \"$@\" & jobs=\"$jobs $!\"; }",
        ]
        lines.append("\(Self.indexing)")
        if isInitramfsWanted { lines += [InitramfsScript.functions, "begin initramfs"] }
        if isByteCodeWanted {
            // The groups do not depend on the number of processors, and a package's byte code not on its group: each is
            // compiled by an interpreter of its own. The initramfs takes longer, and comes first.
            lines += [
                Self.python, "for group in 0 1 2 3; do begin nice -n 5 $python /run/stonebake/compile $group 4; done",
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
        for version in $(cat /run/stonebake/\(modules) 2>/dev/null); do
            index=/run/stonebake/modules-$version
            [ -e $index ] || { : >/run/stonebake/indexing; nice -n 5 depmod $version && : >$index; } || exit 1
        done
        """

    /// Runs a command, and beside it what its scripts ask for: they keep one processor busy. What is left when the command
    /// ends is left for `script`.
    static let beside = """
        wanted=/run/stonebake/\(byteCode) ended=/run/stonebake/\(ended) PATH=\(Sandbox.path)
        rm -f $ended
        {
            while [ ! -e $wanted ]; do sleep 0.05; done
            \(python)
            exec nice -n 5 $python /run/stonebake/compile
        } </dev/null >/run/stonebake/compile.log 2>&1 &
        compiler=$!
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
        [ -e $wanted ] || kill $compiler
        [ -e /run/stonebake/indexing ] || kill $indexer
        wait
        exit $status
        """

    /// py3compile(1) itself, with the invocations of one group of so many; without arguments with all, one after the
    /// other, until the scripts have ended. Each in an interpreter of its own.
    static let compile = """
        import os, runpy, subprocess, sys, time
        def lines(name):
            try:
                with open("/run/stonebake/" + name) as file:
                    return list(dict.fromkeys(file.read().splitlines()))
            except FileNotFoundError:
                return []
        def compile_modules(python, package):
            listed = subprocess.run(["dpkg", "-L", package], stdout=subprocess.PIPE, check=True, text=True).stdout
            folder = f"/usr/lib/{python}/"
            # A link that leads nowhere: sitecustomize.py, until somebody writes one.
            files = [name for name in listed.splitlines()
                     if name.startswith(folder) and name.endswith(".py") and os.path.exists(name)]
            if files:
                subprocess.run([f"/usr/bin/{python}", "-E", "-S", f"{folder}py_compile.py"] + files, check=True)
        def compile(invocation):
            if invocation.startswith("modules "):
                return compile_modules(*invocation.split()[1:])
            sys.argv = ["py3compile"] + invocation.split()
            try:
                runpy.run_path("/usr/bin/py3compile", run_name="__main__")
            except SystemExit as end:
                if end.code:
                    sys.exit(f"py3compile {invocation} ended with {end.code}")
        # What is imported here leaves no byte code: whether there is any would depend on who was first.
        sys.dont_write_bytecode = True
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        if len(sys.argv) > 1:
            group, groups = int(sys.argv[1]), int(sys.argv[2])
            made = set(lines("\(compiled)"))
            left = [invocation for invocation in lines("\(byteCode)") if invocation not in made]
            for invocation in left[group::groups]:
                compile(invocation)
        else:
            made = set()
            while not os.path.exists("/run/stonebake/\(ended)"):
                invocation = next((line for line in lines("\(byteCode)") if line not in made), None)
                if invocation is None:
                    time.sleep(0.05)
                    continue
                compile(invocation)
                made.add(invocation)
                with open("/run/stonebake/\(compiled)", "a") as file:
                    print(invocation, file=file)
        """
}
