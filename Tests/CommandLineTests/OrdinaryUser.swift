import Foundation

/// Somebody who is not root and may make user namespaces: made for one test where root runs the tests, otherwise
/// whoever runs them, with a home folder of the test's own.
final class OrdinaryUser {
    let home: URL
    private let name: String?

    init() throws {
        guard getuid() == 0 else {
            name = nil
            home = FileManager.default.temporaryDirectory.appendingPathComponent("stonebake-home-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
            return
        }
        let name = "stonebake-\(ProcessInfo.processInfo.processIdentifier)"
        self.name = name
        // /var/tmp: the work folder may be one that only root can enter.
        home = URL(fileURLWithPath: "/var/tmp/\(name)")
        let made = try Tool.run("useradd", "--create-home", "--home-dir", home.path, name)
        guard made.status == 0 else { throw Failed(text: made.error) }
    }

    deinit {
        guard let name else {
            try? FileManager.default.removeItem(at: home)
            return
        }
        // Files of subordinate ids lie in the store: only root or the user's own namespace can remove them.
        _ = try? Tool.run("userdel", "--force", name)
        _ = try? Tool.run("rm", "-rf", home.path)
    }

    /// Copies the program and what belongs beside it into the home folder; returns the program's path.
    func install() throws -> URL {
        let products = StonebakeProcess.executable.deletingLastPathComponent()
        for name in ["stonebake", "stonebake-worker", "libstonebake-variation.so"] {
            try FileManager.default.copyItem(
                at: products.appendingPathComponent(name), to: home.appendingPathComponent(name))
        }
        return home.appendingPathComponent("stonebake")
    }

    /// Gives the user what the test put into the home folder.
    func ownHome() throws {
        guard let name else { return }
        _ = try Tool.run("chown", "--recursive", "\(name):", home.path)
    }

    func run(_ arguments: String...) throws -> Tool.Outcome {
        let environment = ["HOME=\(home.path)", "--unset=STONEBAKE_CACHE", "--unset=XDG_CACHE_HOME"]
        guard let name else { return try Tool.run(["env"] + environment + arguments, in: home) }
        return try Tool.run(["runuser", "-u", name, "--", "env"] + environment + arguments, in: home)
    }

    /// In a network namespace with nothing in it but a loopback interface that is down. Only root can make one without
    /// a user namespace, in which a build would have no subordinate ids; for others every way to a mirror is cut.
    func runWithoutNetwork(_ arguments: String...) throws -> Tool.Outcome {
        let environment = ["HOME=\(home.path)", "--unset=STONEBAKE_CACHE", "--unset=XDG_CACHE_HOME"]
        guard let name else {
            let cut = ["http", "https", "all"].map { "\($0)_proxy=http://127.0.0.1:9" }
            return try Tool.run(["env"] + environment + cut + arguments, in: home)
        }
        return try Tool.run(
            ["unshare", "--net", "--", "runuser", "-u", name, "--", "env"] + environment + arguments, in: home)
    }

    struct Failed: Error { let text: String }
}
