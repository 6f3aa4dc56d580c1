internal import FileTrees
internal import Glibc

/// Reads from /proc what this process and everything that it started use (proc_pid_stat(5), proc_stat(5)).
struct ProcessSampler {
    /// What was used since the sample before.
    struct Sample {
        struct Command {
            /// This process' own child, and the head of all that it started.
            var process: Int32
            var seconds: Double
            /// Bytes now, all of the command's processes together.
            var memory: Int64
        }
        var commands: [Command] = []
        /// Processors kept busy, by this build and by all on the machine.
        var busy = 0.0
        var machine: Double?
        var memory: Int64 = 0
        var guestMemory: Int64 = 0
    }

    private let cpus: Double
    private let ticks = Double(max(sysconf(Int32(_SC_CLK_TCK)), 1))
    private let pageSize = Int64(sysconf(Int32(_SC_PAGESIZE)))
    /// At the sample before: seconds of each command, of the build, of the machine; and when that was.
    private var commandSeconds: [Int32: Double] = [:]
    private var totalSeconds = 0.0
    private var machineSeconds: Double?
    private var time = ContinuousClock().now

    /// - Parameter cpus: that this process may use
    init(cpus: Int) {
        self.cpus = Double(cpus)
        totalSeconds = Self.ownSeconds() + Self.reapedSeconds()
        machineSeconds = machineTime()
    }

    mutating func sample() -> Sample {
        var sample = Sample()
        var seconds: [Int32: Double] = [:]
        // Before the living are looked at: nothing is counted twice.
        let reaped = Self.reapedSeconds()
        for child in children(of: getpid()) {
            var usage = Usage()
            add(child, to: &usage, depth: 0)
            seconds[child] = usage.seconds
            let used = max(usage.seconds - (commandSeconds[child] ?? 0), 0)
            sample.commands.append(.init(process: child, seconds: used, memory: usage.memory + usage.guestMemory))
            sample.memory += usage.memory
            sample.guestMemory += usage.guestMemory
        }
        if let own = ProcessStatus(getpid()) { sample.memory += own.pages * pageSize }
        let total = reaped + Self.ownSeconds() + seconds.values.reduce(0, +)
        let now = ContinuousClock().now
        let passed = max((now - time).inSeconds, 0.001)
        // A process that ends while it is looked for is missing from one sample and in the next; and the kernel counts in
        // hundredths. What is more than all processors could do belongs to the next sample.
        let used = min(max(total - totalSeconds, 0), passed * cpus)
        sample.busy = used / passed
        let machine = machineTime()
        if let machine, let before = machineSeconds { sample.machine = max(machine - before, 0) / passed }
        (commandSeconds, totalSeconds, machineSeconds, time) = (seconds, totalSeconds + used, machine, now)
        return sample
    }

    private struct Usage {
        var seconds = 0.0
        var memory: Int64 = 0
        var guestMemory: Int64 = 0
    }

    private func add(_ process: Int32, to usage: inout Usage, depth: Int) {
        // A process that has gone meanwhile is in its parent's sum.
        guard depth < 40, let status = ProcessStatus(process) else { return }
        usage.seconds += Double(status.ticks) / ticks
        guard !status.name.hasPrefix("qemu-system") else {
            usage.guestMemory += status.pages * pageSize
            return
        }
        usage.memory += status.pages * pageSize
        for child in children(of: process) { add(child, to: &usage, depth: depth + 1) }
    }

    /// Each thread has children of its own.
    private func children(of process: Int32) -> [Int32] {
        let threads = (try? Files.names(in: "/proc/\(process)/task")) ?? []
        return threads.flatMap { thread in
            let text = (try? Files.readText("/proc/\(process)/task/\(thread)/children", limit: 1 << 16)) ?? ""
            return text.split(separator: " ").compactMap { Int32($0) }
        }
    }

    private func machineTime() -> Double? {
        guard let text = try? Files.readText("/proc/stat", limit: 1 << 20),
            let line = text.split(separator: "\n").first, line.hasPrefix("cpu ")
        else { return nil }
        // user nice system idle iowait irq softirq steal: what is idle, or waits for a disk, is not busy.
        let fields = line.split(separator: " ").dropFirst().prefix(8).compactMap { Double($0) }
        guard fields.count == 8 else { return nil }
        return (fields.reduce(0, +) - fields[3] - fields[4]) / ticks
    }

    private static func ownSeconds() -> Double { seconds(of: RUSAGE_SELF) }

    /// Of children that have ended and been waited for, and theirs.
    private static func reapedSeconds() -> Double { seconds(of: RUSAGE_CHILDREN) }

    private static func seconds(of whom: __rusage_who) -> Double {
        var usage = rusage()
        getrusage(whom.rawValue, &usage)
        return usage.seconds
    }
}

/// One process in /proc/PID/stat.
struct ProcessStatus {
    var name: String
    /// Processor time, with that of children that have been waited for.
    var ticks: Int64
    /// Resident pages.
    var pages: Int64

    /// Nil when there is no such process.
    init?(_ process: Int32) {
        guard let text = try? Files.readText("/proc/\(process)/stat", limit: 4096) else { return nil }
        self.init(text)
    }

    /// The name stands in parentheses and may hold some itself.
    init?(_ text: String) {
        guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")"), open < close else { return nil }
        name = String(text[text.index(after: open)..<close])
        let fields = text[text.index(after: close)...].split(separator: " ").map { Int64($0) ?? 0 }
        // Counted from the state, which is the third of all.
        guard fields.count > 21 else { return nil }
        ticks = fields[11] + fields[12] + fields[13] + fields[14]
        pages = fields[21]
    }
}
