import FileTrees

extension Doctor {
    /// Bytes that a build of a small appliance takes in the cache: downloads, layers, the tree as tar, the disk.
    private static let space: Int64 = 5_000_000_000
    /// Bytes: libguestfs' appliance (1.2 GB at most) and the tools beside it.
    private static let memory: Int64 = 2_000_000_000

    var resourceProbes: [Probe] {
        [
            Probe(name: "cache folder", run: cache),
            Probe(name: "memory", run: availableMemory),
        ]
    }

    private func cache() async throws -> Finding {
        let root = host.store.root
        let scratch = try host.scratch.newFolder("write")
        defer { try? removeTree(scratch) }
        try Files.write("proof", to: "\(scratch)/proof")
        guard let free = Files.freeSpace(at: root) else { return .broken("'\(root)' tells no free space") }
        let text = "'\(root)' was written to; \(Files.sizeText(free)) are free"
        return free >= Self.space
            ? .works(text)
            : .broken("\(text), a build takes up to \(Files.sizeText(Self.space))", mend: "stonebake cache gc")
    }

    private func availableMemory() async throws -> Finding {
        guard let available = Self.availableMemory(in: try Files.readText("/proc/meminfo")) else {
            return .broken("/proc/meminfo tells no MemAvailable")
        }
        let text = "/proc/meminfo says that \(Files.sizeText(available)) are available"
        return available >= Self.memory
            ? .works(text) : .broken("\(text); a build takes up to \(Files.sizeText(Self.memory))")
    }

    /// Bytes, from the line `MemAvailable:   12345 kB`.
    static func availableMemory(in text: String) -> Int64? {
        for line in text.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
            return line.split(separator: " ").dropFirst().first.flatMap { Int64($0) }.map { $0 << 10 }
        }
        return nil
    }
}
