import Foundation
import Testing

/// A web application of the catalogue, whole: built, booted, set up at its first boot, and asked by its own checks. An
/// administrator logs in with the password that the instance made, writes, and finds it again after a restart.
struct WebApplicationTests {
    @Test(.timeLimit(.minutes(20))) func `the Django appliance builds, boots, and keeps what is written`() async throws
    {
        let ready = try await BuildFixture.shared.ready()
        let folder = try TemporaryFolder()
        let images = folder.url.appendingPathComponent("Images")
        let spec = ready.spec.deletingLastPathComponent().appendingPathComponent("django")
        let build = try ready.build(spec, into: images)
        #expect(build.status == 0, "\(build.error)")
        let environment = ["STONEBAKE_CACHE": ready.store.path]
        let run = try StonebakeProcess.run(
            "test", spec.path, "--output", images.path, environment: environment)
        #expect(run.status == 0, "\(run.output)\(run.error)")
        // What the check reads is the instance's own, and never in a report.
        let report = try String(
            contentsOf: images.appendingPathComponent("django-1.0.0/test/report.json"), encoding: .utf8)
        #expect(report.contains("a notice that the administrator posts survives a restart"))
        let list = try StonebakeProcess.run(
            "catalogue", spec.deletingLastPathComponent().path, "--output", images.path, "--format", "json",
            environment: environment)
        #expect(list.output.contains("\"result\" : \"passed\"") || list.output.contains("\"result\": \"passed\""))
    }
}
