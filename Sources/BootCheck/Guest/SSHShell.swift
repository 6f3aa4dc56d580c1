import FileTrees
import HostSystem

/// The guest's sshd, which knows a throw-away key from the seed.
struct SSHShell: GuestShell {
    static let keyName = "key"

    let name = "ssh"
    private let runner: CommandRunner
    /// The machine's folder: holds the key, gets the known hosts and the control socket.
    private let folder: String
    private let port: Int

    init(runner: CommandRunner, folder: String, port: Int) {
        self.runner = runner
        self.folder = folder
        self.port = port
    }

    /// Makes the throw-away key and returns its public half.
    ///
    /// - Parameter kept: where the key of an instance stays that is started again, for it took the one of its first
    ///   boot; nil: nowhere
    /// - Throws: `HostError`, `CancellationError`.
    static func makeKey(runner: CommandRunner, folder: String, kept: String? = nil) async throws -> String {
        let key = "\(folder)/\(keyName)"
        if let kept, Files.exists(kept), Files.exists(kept + ".pub") {
            for end in ["", ".pub"] { try Files.write(try Files.read(kept + end), to: key + end, mode: 0o600) }
            return try publicKey(in: folder)
        }
        let command = Command(
            "ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "stonebake-boot-check", "-f", key])
        do {
            try await runner.check(command, purpose: "make a key for the guest's ssh")
        } catch var error as HostError where error.code == .toolMissing {
            error.hint = "apt-get install openssh-client"
            throw error
        }
        if let kept {
            for end in ["", ".pub"] { try Files.write(try Files.read(key + end), to: kept + end, mode: 0o600) }
        }
        return try publicKey(in: folder)
    }

    private static func publicKey(in folder: String) throws -> String {
        try Files.readText("\(folder)/\(keyName).pub").split(separator: "\n").first.map(String.init) ?? ""
    }

    /// No configuration of the user's, no agent, no question. The guest's host key is made at its first boot, so nobody
    /// can know it; the address is this machine's own.
    func command(_ extra: [String]) -> Command {
        let options = [
            "BatchMode=yes", "IdentitiesOnly=yes", "IdentityAgent=none", "StrictHostKeyChecking=no",
            "UserKnownHostsFile=known_hosts", "GlobalKnownHostsFile=/dev/null", "LogLevel=ERROR",
            "ControlPath=ssh", "ConnectTimeout=30", "ServerAliveInterval=10", "ServerAliveCountMax=6",
        ]
        return Command(
            "ssh",
            ["-F", "/dev/null", "-i", Self.keyName, "-p", "\(port)"] + options.flatMap { ["-o", $0] } + extra
                + ["root@127.0.0.1"]
        ).with {
            $0.workingDirectory = folder
            $0.environment = ["SSH_AUTH_SOCK": nil, "SSH_ASKPASS": nil]
        }
    }

    /// Holds one connection open that all commands share, for a handshake takes seconds in an emulated guest. Runs
    /// until it is cancelled or the guest goes; commands then connect by themselves.
    func holdConnection() async throws {
        _ = try await runner.run(command(["-M", "-N"]))
    }

    func run(_ text: String, limit: Double) async throws -> GuestResult {
        // The login shell may be any; the guest's standard error must not mix with ssh's own.
        let remote = "/bin/sh -c \(Command.quoted("exec 2>&1\n" + text))"
        let command = command([]).with {
            $0.arguments.append(remote)
            $0.output = .capture(limit: 16 << 20)
        }
        let ended = try await withTimeLimit(seconds: limit) { [runner] in try await runner.run(command) }
        guard let ended else { throw GuestUnreachable(reason: "ssh: no answer within \(Int(limit)) s") }
        guard case .exited(let status) = ended.status else {
            throw GuestUnreachable(reason: "ssh was ended by a signal")
        }
        // 255 is ssh's own; its reason is on its standard error, where the guest's commands never write.
        if status == 255, let reason = ended.tail.last { throw GuestUnreachable(reason: "ssh: \(reason)") }
        return GuestResult(status: Int(status), output: ended.text)
    }
}
