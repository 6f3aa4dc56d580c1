import FileTrees
import FoundationEssentials
import Glibc
import HostSystem
import Testing

@testable import DiskAssembly

/// What is left when Stonebake itself is killed.
@Suite struct KilledTests {
    @Test func `a stonebake that is killed takes libguestfs' appliance with it, and the next run its files`()
        async throws
    {
        let host = try TestTools.host()
        // `doctor` launches libguestfs as a build does.
        var process = try Spawned(
            [host.executable, "doctor", "--json"],
            environment: ["STONEBAKE_CACHE=\(host.store.root)", "HOME=/nonexistent"])
        defer { process.kill() }
        let deadline = ContinuousClock.now + .seconds(90)
        var appliance: [String] = []
        while appliance.isEmpty {
            try #require(ContinuousClock.now < deadline, "no appliance was started")
            try await Task.sleep(for: .milliseconds(20))
            appliance = Processes.emulators(naming: "\(host.store.root)/runs/\(process.identifier)-")
        }
        process.kill()
        let start = ContinuousClock.now
        while !Processes.emulators(naming: "\(host.store.root)/runs/\(process.identifier)-").isEmpty {
            try #require(ContinuousClock.now - start < .seconds(10), "QEMU is still there")
            try await Task.sleep(for: .milliseconds(100))
        }
        func left() throws -> [String] {
            try Files.names(in: "\(host.store.root)/runs").filter { $0.hasPrefix("\(process.identifier)-") }
        }
        #expect(try !left().isEmpty)
        try await host.sweepDeadRuns()
        #expect(try left() == [])
        try await host.close()
    }
}

/// A child that can be killed; its output goes nowhere.
private struct Spawned {
    let identifier: pid_t
    private var isRunning = true

    init(_ arguments: [String], environment: [String]) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for number in 0...2 { posix_spawn_file_actions_addopen(&actions, Int32(number), "/dev/null", O_RDWR, 0) }
        let path = Host.processEnvironment()["PATH"].map { ["PATH=\($0)"] } ?? []
        var words = arguments.map { strdup($0) } + [nil]
        var variables = (environment + path).map { strdup($0) } + [nil]
        defer { (words + variables).forEach { free($0) } }
        var identifier: pid_t = 0
        try #require(posix_spawn(&identifier, arguments[0], &actions, nil, &words, &variables) == 0)
        self.identifier = identifier
    }

    mutating func kill() {
        guard isRunning else { return }
        isRunning = false
        Glibc.kill(identifier, SIGKILL)
        var status: Int32 = 0
        waitpid(identifier, &status, 0)
    }
}
