package import ApplianceSpec
package import Diagnostics

/// What is to be resolved: the plan's order to `PackageResolution`.
package struct ResolutionRequest: Sendable {
    package var architecture: Architecture
    /// In order; the distribution's own first.
    package var repositories: [Repository]
    /// What every appliance with this base has (kernel, init, boot loaders, …), besides Essential and required.
    package var base: [String]
    package var install: [Located<String>]
    package var remove: [Located<String>]
    package var recommends: Bool
    /// The tools layer, resolved by itself, from `toolRepositories`.
    package var tools: [Located<String>]
    package var toolRepositories: [Repository]
    package var python: PythonEnvironment?

    package init(
        architecture: Architecture, repositories: [Repository], base: [String], install: [Located<String>],
        remove: [Located<String>], recommends: Bool, tools: [Located<String>], toolRepositories: [Repository],
        python: PythonEnvironment?
    ) {
        self.architecture = architecture
        self.repositories = repositories
        self.base = base
        self.install = install
        self.remove = remove
        self.recommends = recommends
        self.tools = tools
        self.toolRepositories = toolRepositories
        self.python = python
    }
}
