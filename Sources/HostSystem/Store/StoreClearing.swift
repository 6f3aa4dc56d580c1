package import FileTrees
internal import Glibc

extension ContentStore {
    /// Removes the store with all that is in it, also what belongs to this user's subordinate ids. Only what a store has
    /// by its layout: a folder that holds other things as well keeps those, and stays.
    ///
    /// - Returns: bytes that were freed.
    /// - Throws: `HostError.busy` while another run uses the store.
    package func clear() throws(HostError) -> Int64 {
        try sweepDeadRuns()
        let size = try list().reduce(0) { $0 + $1.size }
        let living = try livingRuns()
        guard living.isEmpty else {
            let pids = living.compactMap { FileLock.holder(of: "\(root)/runs/\($0)") }.map { "\($0)" }
            let who = pids.isEmpty ? "" : " by process \(pids.joined(separator: ", "))"
            throw HostError(
                .busy, "the store '\(root)' is in use\(who)",
                hint: "wait for it, or end it, and try again")
        }
        // Out of sight first, so that a run that begins now finds nothing rather than a part.
        let grave = try run.newFolder("cleared")
        for name in Self.folders where name != "runs" && Files.exists("\(root)/\(name)") {
            try Files.move("\(root)/\(name)", to: "\(grave)/\(name)")
        }
        try run.close()
        try removeTree("\(root)/runs")
        rmdir(root)
        return size
    }

    /// The owner files of the other runs that go on now.
    func livingRuns() throws(HostError) -> [String] {
        let mine = run.path.map { "\(Files.name(of: $0)).owner" }
        return try Files.names(in: "\(root)/runs").filter { $0.hasSuffix(".owner") && $0 != mine }
    }
}
