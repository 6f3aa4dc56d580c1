import FileTrees
import Glibc

/// What runs on this machine, by /proc.
enum Processes {
    /// The command lines that hold the text, their words separated by NUL.
    static func naming(_ text: String) -> [String] {
        ((try? Files.names(in: "/proc")) ?? []).compactMap { name in
            guard pid_t(name) != nil, let words = try? Files.readText("/proc/\(name)/cmdline") else { return nil }
            return words.contains(text) ? words : nil
        }
    }

    /// Those of QEMU machines among them.
    static func emulators(naming text: String) -> [String] {
        naming(text).filter { $0.contains("qemu-system") }
    }
}
