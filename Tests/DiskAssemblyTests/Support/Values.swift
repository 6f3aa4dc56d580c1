import BuildPlanning
import ContentDigest
import Diagnostics

@testable import ApplianceSpec

/// Values that tests start from.
enum Sample {
    /// That of `plan()`.
    static let identity = plan().identity

    static func settings(
        size: DiskSettings.Size = .automatic, free: DiskSettings.Free = .percent(20), budget: Int64? = nil,
        boot: [DiskSettings.Firmware] = [.bios, .uefi], at range: SourceRange? = nil
    ) -> DiskSettings {
        DiskSettings(
            size: Located(size, at: range), free: free,
            budget: budget.map { Located(ByteSize(bytes: $0), at: range) }, boot: boot, filesystem: .ext4)
    }

    static func planner(_ settings: DiskSettings = settings()) -> DiskLayoutPlanner {
        DiskLayoutPlanner(settings: settings, architecture: .amd64, identity: identity)
    }

    static func lock(timestamp: Int64 = 1_790_000_000, packages: [LockedPackage] = []) -> Lockfile {
        Lockfile(
            spec: LockedSpec(name: "tiny", version: "1.0.0", inputs: StepInputs()), timestamp: timestamp,
            repositories: [], packages: packages, tools: [], wheels: [])
    }

    static func plan(disk: DiskSettings = settings()) -> BuildPlan {
        let appliance = Appliance(
            name: Located("tiny"), version: Located("1.0.0"), summary: "A tree of a few files", architecture: .amd64,
            distribution: Distribution(name: "debian", release: Located("trixie")), repositories: [],
            packages: PackageSelection(install: [], remove: [], recommends: false), application: nil, files: [],
            users: [], services: ServiceSettings(enable: [], disable: [], mask: []), scripts: [],
            system: SystemSettings(hostname: nil, locale: "C.UTF-8", timezone: "UTC", kernelArguments: []), disk: disk,
            firstBoot: FirstBootSettings(dataSources: ["NoCloud"]), memory: .mebibytes(512), cpus: 1, ports: [],
            checks: [], targets: [Located(.raw)], python: nil, sources: [], directory: "/")
        return BuildPlan(appliance: appliance, lock: lock(), hostFiles: [:])
    }
}
