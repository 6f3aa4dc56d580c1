import ApplianceSpec
import BuildPlanning
import ContentDigest
import Diagnostics
import FileTrees
import Glibc
import HostSystem
import PackageResolution
import RootfsAssembly

/// The real tools layer of Debian 13, made once and kept beside the test products.
enum TestTools {
    static func host(progress: ProgressSink = .silent) throws -> Host {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let executable = String(decoding: buffer.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let beside = "\(Files.folder(of: executable))/test-store"
        return try Host(
            testing: Host.processEnvironment()["STONEBAKE_TEST_STORE"] ?? beside, progress: progress)
    }

    static func root(_ host: Host) async throws -> ToolsRoot {
        let lock = try await lock(host)
        var inputs = StepInputs()
        for package in lock.tools { inputs.add(package.name, package.sha256) }
        let step = BuildStep(kind: .tools, name: "tests", title: "unpack the build tools", inputs: inputs)
        return try await RootfsAssembler(host: host).tools(step, from: lock)
    }

    /// Resolved at the first use; later runs take what was remembered.
    private static func lock(_ host: Host) async throws -> Lockfile {
        let fact = "tools-lock-of-tests"
        return try await host.store.withLock(fact) {
            if let text = try host.store.recall(fact) {
                return try LockfileFormat.decode(SourceFile(path: fact, text: text))
            }
            guard let profile = DistributionProfile.named("debian", release: "trixie", architecture: .amd64) else {
                throw HostError(.unsupported, "there is no profile of Debian 13")
            }
            let request = ResolutionRequest(
                architecture: .amd64, repositories: profile.repositories, base: [], install: [], remove: [],
                recommends: false, tools: profile.tools.map { Located($0) }, toolRepositories: profile.toolRepositories,
                python: nil)
            let lock = try await PackageResolver(host: host).resolve(
                request, spec: LockedSpec(name: "tests", version: "1", inputs: StepInputs()), previous: nil,
                update: .all)
            try host.store.remember(LockfileFormat.encode(lock), as: fact)
            return lock
        }
    }
}
