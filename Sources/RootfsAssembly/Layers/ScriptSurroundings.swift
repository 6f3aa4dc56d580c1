import FileTrees
import HostSystem
import SandboxInside

/// What maintainer scripts find in place of the programs that would act on a running machine. Bound over the root's own,
/// so that nothing of it is ever part of the tree.
struct ScriptSurroundings {
    /// On the host; also where the stand-ins leave word.
    let folder: String
    /// Bound over a file that binding makes; `PackageInstaller.finish` removes it.
    static let policy = "/usr/sbin/policy-rc.d"

    init(in folder: String) throws(HostError) {
        self.folder = folder
        let programs = [
            // 101: the action is forbidden by policy (invoke-rc.d(8)).
            "policy-rc.d": "exit 101",
            "start-stop-daemon": "exit 0",
            // The initramfs is made once, when all packages are configured.
            "update-initramfs": ": >/run/stonebake/initramfs-wanted",
            // Two more that each of many scripts would run for its part: see DeferredWork.
            "update-ca-certificates": "echo \"$*\" >>/run/stonebake/\(DeferredWork.certificates)",
            "py3compile": "echo \"$*\" >>/run/stonebake/\(DeferredWork.byteCode)",
            // A host key belongs to one machine. What is removed from every image need not be made.
            "ssh-keygen": """
            case " $* " in *" /etc/ssh/ssh_host_"*) exit 0;; esac
            exec /run/stonebake/ssh-keygen.real "$@"
            """,
            // In front of the root's own in the scripts' PATH: its depmod is a link to a program of many names.
            "path/depmod": """
            case "$# $1" in "1 -"*) ;; "1 "*) echo "$1" >>/run/stonebake/\(DeferredWork.modules); exit 0;; esac
            exec /usr/sbin/depmod "$@"
            """,
            // The interpreter's own modules are compiled by its packages' scripts, which ask dpkg for their names: nearly
            // a second on one core.
            "path/dpkg": """
            case "$DPKG_MAINTSCRIPT_NAME $DPKG_MAINTSCRIPT_PACKAGE $1 $2" in
            "postinst python3."*" -L libpython3."*)
                echo "modules ${DPKG_MAINTSCRIPT_PACKAGE%-minimal} $2" >>/run/stonebake/\(DeferredWork.byteCode); exit 0;;
            esac
            exec /usr/bin/dpkg "$@"
            """,
            // Four programs each time, to see that a package which was not installed before has no old conffile
            // (dpkg-maintscript-helper(1)): a version after the action is what says that it was.
            "path/dpkg-maintscript-helper": """
            own() { exec /usr/bin/dpkg-maintscript-helper "$@"; }
            case "$DPKG_MAINTSCRIPT_NAME $1 $2" in
            "preinst rm_conffile /"* | "postinst rm_conffile /"*) ;;
            *) own "$@" ;;
            esac
            [ "$DPKG_MAINTSCRIPT_PACKAGE" ] || own "$@"
            version=${3#[0-9]:}
            case "$version" in [!0-9]* | *[!-+.~0-9A-Za-z]* | *- | *-*-*) own "$@" ;; esac
            case "$#$4$6" in 5-- | 6--) [ -z "$5" ] || exit 0 ;; esac
            own "$@"
            """,
        ]
        try Files.makeFolder("\(folder)/path")
        for (name, script) in programs {
            try Files.write("#!/bin/sh\n\(script)\n", to: "\(folder)/\(name)", mode: 0o755)
            // Scripts call them as other users too, and the umask may be a strict one.
            try Files.setMode("\(folder)/\(name)", 0o755)
        }
        try Files.write(ByteCode.program, to: "\(folder)/compile")
        try Files.write(DeferredWork.beside, to: "\(folder)/beside")
        try Files.write(InitramfsScript.compressor, to: "\(folder)/zstd", mode: 0o755)
        try Files.setMode(folder, 0o755)
    }

    /// Of scripts whose deferred work is done at the end of the layer.
    static let searchPath = "/run/stonebake/path:\(SandboxPlaces.programs)"

    var isInitramfsWanted: Bool { Files.exists("\(folder)/initramfs-wanted") }

    /// What acts on a running machine; also the scripts of a spec are kept from that.
    private static let live = ["/usr/sbin/start-stop-daemon", "/usr/sbin/update-initramfs"]
    /// What the packages' own scripts need not do, or not yet.
    private static let deferred = ["/usr/sbin/update-ca-certificates", "/usr/bin/py3compile", "/usr/bin/ssh-keygen"]

    /// - Parameters:
    ///   - folders: the layers and the upper folder, to see which programs there are to stand in for
    ///   - deferring: whether `DeferredWork` is done at the end
    func binds(over folders: [String], deferring: Bool = false) throws(HostError) -> [SandboxBind] {
        var binds: [SandboxBind] = [
            .init(folder, at: "/run/stonebake", readOnly: false), .init("\(folder)/policy-rc.d", at: Self.policy),
        ]
        for program in Self.live + (deferring ? Self.deferred : []) {
            guard let own = folders.last(where: { Files.exists($0 + program) }) else { continue }
            let name = Files.name(of: program)
            if ["ssh-keygen", "py3compile"].contains(name) {
                binds.append(.init(own + program, at: "/run/stonebake/\(name).real"))
            }
            binds.append(.init("\(folder)/\(name)", at: program))
        }
        return deferring ? try binds + shortcuts(ScriptShortcut.configuring, over: folders) : binds
    }

    func shortcuts(_ shortcuts: [ScriptShortcut], over folders: [String]) throws(HostError) -> [SandboxBind] {
        try ScriptShortcut.binds(shortcuts, over: folders, in: folder)
    }
}
