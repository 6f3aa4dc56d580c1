package import ApplianceSpec
import ContentDigest
import Diagnostics

extension Appliance {
    /// What has to be resolved for this appliance; nil when its distribution is not one that is known, which the spec
    /// compiler has refused already.
    package func resolutionRequest() -> ResolutionRequest? {
        guard
            let profile = DistributionProfile.named(
                distribution.name, release: distribution.release.value, architecture: architecture)
        else { return nil }
        let formatTools = targets.contains { $0.value != .raw } ? profile.formatTools : []
        let writesZstd = targets.contains { $0.value == .raw } && formats.raw.contains(.zstd)
        // pip both finds and installs the wheels: it is a build tool as mke2fs is one.
        let storage = storagePlan(DiskIdentity(seed: Digest.of("")))
        let tools =
            profile.tools + formatTools + (writesZstd ? profile.zstdTools : [])
            + (python == nil ? [] : profile.pythonTools)
            + (storage.map { profile.storageTools(for: $0) } ?? [])
        return ResolutionRequest(
            architecture: architecture,
            repositories: profile.repositories + repositories,
            base: profile.base,
            install: packages.install + (storage?.packages ?? []).map { Located($0) },
            remove: packages.remove,
            recommends: packages.recommends,
            tools: tools.map { Located($0) },
            toolRepositories: profile.toolRepositories,
            python: python)
    }
}
