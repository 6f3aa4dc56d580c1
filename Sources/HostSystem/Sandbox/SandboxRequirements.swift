internal import FoundationEssentials
internal import Glibc

/// Why namespaces cannot be made on this machine, and what mends it.
package enum SandboxRequirements {
    /// The most likely cause that can be seen from here; nil when none can.
    package static func hint() -> String? {
        guard geteuid() != 0 else {
            return "running as root without the right to make namespaces: start the container with --privileged, "
                + "or with --cap-add SYS_ADMIN and without a seccomp profile"
        }
        let user = userName()
        let missing = ["/etc/subuid", "/etc/subgid"].filter { !hasRange(in: $0, user: user) }
        if !missing.isEmpty {
            return "'\(user)' has no range in \(missing.joined(separator: " and ")): "
                + "sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 \(user)"
        }
        if access("/usr/bin/newuidmap", X_OK) != 0 { return "sudo apt-get install uidmap" }
        if number(in: "/proc/sys/user/max_user_namespaces") == 0 {
            return "sudo sysctl user.max_user_namespaces=15000"
        }
        if number(in: "/proc/sys/kernel/unprivileged_userns_clone") == 0 {
            return "sudo sysctl kernel.unprivileged_userns_clone=1"
        }
        if number(in: "/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1 {
            return "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"
        }
        return nil
    }

    /// Whether a subuid(5) or subgid(5) file gives the user (by name or number) at least 65536 ids.
    package static func hasRange(in path: String, user: String) -> Bool {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return false }
        return hasRange(text: text, user: user, uid: geteuid())
    }

    static func hasRange(text: String, user: String, uid: UInt32) -> Bool {
        text.split(separator: "\n").contains { line in
            let fields = line.split(separator: ":")
            guard fields.count == 3, fields[0] == user || fields[0] == "\(uid)" else { return false }
            return (Int(fields[2]) ?? 0) >= 65536
        }
    }

    private static func userName() -> String {
        guard let entry = getpwuid(geteuid()) else { return "\(geteuid())" }
        return String(cString: entry.pointee.pw_name)
    }

    private static func number(in path: String) -> Int? {
        (try? String(contentsOfFile: path, encoding: .utf8)).flatMap { Int($0.split(separator: "\n").first ?? "") }
    }
}
