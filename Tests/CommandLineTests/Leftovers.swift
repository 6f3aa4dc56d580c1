import Foundation

/// What a run must not leave behind: looked for on the whole machine, by the path of the run's own store, which no
/// other process knows.
struct Leftovers {
    let store: URL

    /// Command lines of living processes that mention the store, zombies left out.
    var processes: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.filter { Int($0) != nil }.compactMap { pid in
            guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline"),
                let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ")
            else { return nil }
            let text = String(decoding: data, as: UTF8.self).replacingOccurrences(of: "\0", with: " ")
            let mentions =
                text.contains(store.path) || String(decoding: environment, as: UTF8.self).contains(store.path)
            return mentions && pid != "\(ProcessInfo.processInfo.processIdentifier)" ? "\(pid) \(text)" : nil
        }
    }

    var mounts: [String] {
        let text = (try? String(contentsOfFile: "/proc/mounts", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init).filter { $0.contains(store.path) }
    }

    /// What is left of this run in the store's folder of living runs.
    var runs: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: store.appendingPathComponent("runs").path)) ?? []
    }

    /// Waits up to `seconds` for all processes to be gone: those of a killed parent need a moment to notice.
    func processesGone(within seconds: Double) -> Bool {
        let end = Date(timeIntervalSinceNow: seconds)
        while !processes.isEmpty {
            if Date() > end { return false }
            Thread.sleep(forTimeInterval: 0.1)
        }
        return true
    }
}
