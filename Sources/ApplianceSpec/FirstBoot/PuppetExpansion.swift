import Diagnostics

/// `recipe: puppet`: Debian's puppet-agent, the manifest in the image, and a boot script that applies it.
struct PuppetExpansion {
    let recipe: PuppetRecipe
    let parameters: [Parameter]

    static let folder = "/usr/local/lib/stonebake/puppet"
    static let package = "puppet-agent"
    private static var manifest: String { "\(folder)/manifests/site.pp" }
    private static var modules: String { "\(folder)/modules" }

    func apply(to appliance: inout Appliance) {
        let asked = appliance.packages.install.map { SpecDecoder.packageName($0.value) }
        if !asked.contains(Self.package) {
            appliance.packages.install.append(Located(Self.package, at: recipe.manifest.range))
        }
        var files = [FileEntry(Self.manifest, .source(recipe.manifest.value), mode: 0o600, at: recipe.manifest.range)]
        if let modules = recipe.modules {
            files.append(FileEntry(Self.modules, .source(modules.value), at: modules.range))
        }
        appliance.files = files + appliance.files
        // The manifest is applied by us and never fetched from a master.
        if !appliance.services.enable.contains(where: { $0.value == "puppet.service" }) {
            appliance.services.mask.append(Located("puppet.service"))
        }
        // What cannot be parsed is an error of the build.
        appliance.scripts.append(
            ScriptEntry(
                name: "read the Puppet manifest", text: "puppet parser validate --color=false \(Self.manifest)",
                range: recipe.manifest.range))
        appliance.firstBoot.work.scripts.append(
            .init(
                "puppet", recipe.frequency, text: script, whenChanged: parameters.map(\.name),
                range: recipe.manifest.range))
    }

    /// Parameters are facts: `$facts['stonebake_admin_email']`. Of --detailed-exitcodes, 2 is that something was changed.
    private var script: String {
        let facts = parameters.map { parameter in
            let name = parameter.name.value.map { $0 == "-" ? "_" : String($0) }.joined()
            return "export FACTER_stonebake_\(name)=\"$\(parameter.variable)\"\n"
        }
        return """
            #!/bin/sh
            # Made by Stonebake: the appliance's recipe.
            \(facts.joined())status=0
            puppet apply --detailed-exitcodes --color=false --modulepath=\(Self.modules) \(Self.manifest) || status=$?
            test "$status" -ne 2 || status=0
            exit "$status"

            """
    }
}
