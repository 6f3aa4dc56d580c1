import ApplianceSpec
package import ContentDigest
import Diagnostics

extension ResolutionRequest {
    /// What the lock depends on, by the names that the author of a spec knows. A lock whose inputs differ is stale,
    /// and the differing names say why. Places in the spec are left out, and the order of a list is left in: with
    /// alternatives, the order of requests can decide.
    package func inputs() -> StepInputs {
        var inputs = StepInputs()
        inputs.add("architecture", text: architecture.rawValue)
        inputs.add("repositories", text: repositories.map(canonical).joined(separator: "\n"))
        inputs.add("packages of the base system", text: base.joined(separator: "\n"))
        inputs.add("packages.install", text: install.map(\.value).joined(separator: "\n"))
        inputs.add("packages.remove", text: remove.map(\.value).joined(separator: "\n"))
        inputs.add("packages.recommends", text: String(recommends))
        inputs.add(
            "build tools",
            text: tools.map(\.value).joined(separator: "\n") + "\n"
                + toolRepositories.map(canonical).joined(separator: "\n"))
        if let python {
            let name = python.requirements.path.split(separator: "/").last.map(String.init)
            inputs.add(name ?? "requirements", text: python.requirements.text)
        }
        return inputs
    }

    private func canonical(_ repository: Repository) -> String {
        let origin =
            switch repository.origin {
            case .archive(let name): "archive \(name)"
            case .uri(let uri): "uri \(uri)"
            }
        var limits = repository.cost.map { " cost \($0)" } ?? ""
        if !repository.include.isEmpty { limits += " include \(repository.include.joined(separator: ","))" }
        if !repository.exclude.isEmpty { limits += " exclude \(repository.exclude.joined(separator: ","))" }
        return "\(repository.id) \(origin) \(repository.suite.value) \(repository.components.joined(separator: ",")) "
            + "signed-by \(repository.keyring?.hex ?? "-") priority \(repository.priority.map(String.init) ?? "-")"
            + limits
    }
}
