import HostSystem

/// What maintainer scripts find in place of the programs that would act on a running machine. Bound over the root's own,
/// so that nothing of it is ever part of the tree.
struct ScriptSurroundings {
    /// On the host; also where the stand-ins leave word.
    let folder: String
    /// Bound over a file that binding makes; `PackageInstaller.finish` removes it.
    static let policy = "/usr/sbin/policy-rc.d"

    init(in folder: String) throws(HostError) {
        self.folder = folder
        // 101: the action is forbidden by policy (invoke-rc.d(8)).
        try Files.write("#!/bin/sh\nexit 101\n", to: "\(folder)/policy-rc.d", mode: 0o755)
        try Files.write("#!/bin/sh\nexit 0\n", to: "\(folder)/start-stop-daemon", mode: 0o755)
        // The initramfs is made once, when all packages are configured.
        try Files.write(
            "#!/bin/sh\n: >/run/stonebake/initramfs-wanted\nexit 0\n", to: "\(folder)/update-initramfs", mode: 0o755)
        // Scripts call them as other users too, and the umask may be a strict one.
        for name in ["", "/policy-rc.d", "/start-stop-daemon", "/update-initramfs"] {
            try Files.setMode("\(folder)\(name)", 0o755)
        }
    }

    var isInitramfsWanted: Bool { Files.exists("\(folder)/initramfs-wanted") }

    /// `folders`: the layers and the upper folder, to see which programs there are to stand in for.
    func binds(over folders: [String]) -> [SandboxJob.Bind] {
        var binds: [SandboxJob.Bind] = [
            .init(folder, at: "/run/stonebake", readOnly: false), .init("\(folder)/policy-rc.d", at: Self.policy),
        ]
        for program in ["start-stop-daemon", "update-initramfs"]
        where folders.contains(where: { Files.exists("\($0)/usr/sbin/\(program)") }) {
            binds.append(.init("\(folder)/\(program)", at: "/usr/sbin/\(program)"))
        }
        return binds
    }
}
