import Foundation
import Testing

/// After the suite the store of `BuildFixture` goes down to six gigabytes: each changed copy of an appliance leaves a
/// disk and its formats, and all suites together (14 GB) filled the disk of a machine that had 15 GB free.
struct TrimsStore: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await function()
        let store = BuildFixture.folder.appendingPathComponent("store").path
        let run = try StonebakeProcess.run(
            "cache", "gc", "--max-size", "6 GiB", environment: ["STONEBAKE_CACHE": store])
        if run.status != 0 { Issue.record("the store cannot be trimmed: \(run.error)") }
    }
}

extension Trait where Self == TrimsStore {
    static var trimsStore: Self { TrimsStore() }
}
