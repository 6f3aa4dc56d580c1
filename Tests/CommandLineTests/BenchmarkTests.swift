import Foundation
import Testing

/// The measurements themselves are no tests: figures depend on the machine. That their programs start and count is one.
@Suite struct BenchmarkTests {
    @Test(arguments: ["side-by-side", "scale", "resolution"])
    func `a benchmark says what it does and what it takes`(name: String) throws {
        let help = try Tool.run("Benchmarks/\(name)", "--help")
        #expect(help.status == 0, "\(help.error)")
        #expect(help.output.contains("--scratch DIR"))
        let wrong = try Tool.run("Benchmarks/\(name)", "--no-such-option")
        #expect(wrong.status == 2)
        let missing = try Tool.run(
            "Benchmarks/\(name)", "--stonebake", "/nonexistent/stonebake", "--scratch", "/nonexistent/scratch")
        #expect(missing.status == 1)
        #expect(missing.error.contains("no program '/nonexistent/stonebake'"))
    }

    @Test func `what a command costs includes the processes that outlive it`() throws {
        let folder = try TemporaryFolder()
        let file = folder.url.appendingPathComponent("written").path
        // The parent is gone at once; its child writes 20 MB, and burns processor time, a little later.
        let script = "(setsid sh -c 'sleep 0.3; head -c 20000000 /dev/zero | tee \(file) | sha256sum' &) >/dev/null"
        let found = try Tool.run("Benchmarks/lib/measure.py", "sh", "-c", script)
        #expect(found.status == 0, "\(found.error)")
        let cost = try #require(try JSONSerialization.jsonObject(with: Data(found.output.utf8)) as? [String: Any])
        #expect(cost["status"] as? Int == 0)
        #expect((cost["wall_s"] as? Double ?? 9) < (cost["total_s"] as? Double ?? 0))
        #expect((cost["cpu_s"] as? Double ?? 0) > 0)
        // What goes to a tmpfs is no disk's.
        let isOnDisk = try Tool.run("stat", "-f", "-c", "%T", folder.url.path).output != "tmpfs\n"
        #expect((cost["written"] as? Int ?? -1) >= (isOnDisk ? 20_000_000 : 0))
    }

    @Test func `a command that fails or takes too long is told`() throws {
        let failed = try Tool.run("Benchmarks/lib/measure.py", "sh", "-c", "exit 3")
        #expect(failed.output.contains("\"status\": 3"))
        let late = try Tool.run("Benchmarks/lib/measure.py", "--limit", "1", "sleep", "600")
        #expect(late.output.contains("\"status\": 124"))
    }
}
