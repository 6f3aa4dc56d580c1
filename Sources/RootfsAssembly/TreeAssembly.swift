import ApplianceSpec
package import BuildPlanning
import FileTrees

extension RootfsAssembler {
    /// All steps of the root filesystem, from the plan of a build: what is cached is used, the rest made.
    package func tree(_ plan: BuildPlan, tools: ToolsRoot? = nil) async throws -> RootFilesystem {
        func step(_ kind: BuildStep.Kind) throws(HostError) -> BuildStep {
            guard let step = plan[kind] else {
                throw HostError(.unsupported, "the plan has no step '\(kind.rawValue)'")
            }
            return step
        }
        let base = try await base(try step(.base), from: plan.lock)
        let initramfs = try await initramfs(try step(.initramfs), from: plan.lock, on: base)
        var layers = try await packages(try step(.packages), from: plan.lock, on: base)
        if let environment = plan.appliance.python {
            let tools = if let tools { tools } else { try await self.tools(try step(.tools), from: plan.lock) }
            layers = try await python(
                try step(.python), environment: environment, from: plan.lock, tools: tools, on: layers)
        }
        return try await configuration(
            try step(.configuration), of: plan.appliance, from: plan.lock, identity: plan.identity, on: layers
        ) { initramfs }
    }
}
