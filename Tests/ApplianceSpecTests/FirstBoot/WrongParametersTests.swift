import ApplianceSpec
import Diagnostics
import Testing

/// What a spec gets wrong in `parameters:`, `first-boot:` and `recipe:`, all of it at once, and in words.
@Suite struct WrongParametersTests {
    @Test func `every wrong parameter is told at its place, all in one go`() throws {
        let shown = try terminalText(
            minimal(
                """
                parameters:
                  - {name: Admin_Password, type: pasword}
                  - {name: size, type: integer, default: ten, min: 5, max: 3}
                  - {name: mode, choices: [a, b], default: c}
                  - {name: mail, type: email, default: nobody, required: true}
                  - {name: pin, pattern: "[", default: ""}
                  - {name: pw, type: password, default: a long enough one, min-length: 10}
                  - {name: unused}
                  - {name: pin, default: ""}
                first-boot: {environment: [{path: /etc/a}]}

                """))
        #expect(
            shown == #"""
                a.yaml:6:12: error: 'Admin_Password' is not a parameter name [bad-parameter-name]
                   6 |   - {name: Admin_Password, type: pasword}
                     |            ^~~~~~~~~~~~~~
                  hint: lower-case letters, digits and hyphens between them, at most 63

                a.yaml:6:34: error: 'pasword' is not a known value [unknown-value]
                   6 |   - {name: Admin_Password, type: pasword}
                     |                                  ^~~~~~~
                  hint: did you mean 'password'?

                a.yaml:7:42: error: 'ten' is no value for 'size': a whole number is wanted [bad-default]
                   7 |   - {name: size, type: integer, default: ten, min: 5, max: 3}
                     |                                          ^~~

                a.yaml:7:52: error: no integer is at least 5 and at most 3 [empty-range]
                   7 |   - {name: size, type: integer, default: ten, min: 5, max: 3}
                     |                                                    ^

                a.yaml:8:18: error: a parameter of type string has no 'choices' [conflicting-keys]
                   8 |   - {name: mode, choices: [a, b], default: c}
                     |                  ^~~~~~~
                  hint: that is for choice

                a.yaml:9:31: error: what is required has no default [conflicting-keys]
                   9 |   - {name: mail, type: email, default: nobody, required: true}
                     |                               ^~~~~~~
                  note: a.yaml:9:48: required, says this

                a.yaml:9:40: error: 'nobody' is no value for 'mail': an e-mail address is wanted [bad-default]
                   9 |   - {name: mail, type: email, default: nobody, required: true}
                     |                                        ^~~~~~

                a.yaml:10:26: error: '[' is not a regular expression [bad-pattern]
                  10 |   - {name: pin, pattern: "[", default: ""}
                     |                          ^~~

                a.yaml:11:41: error: the default of a secret would be readable in every copy of the image [secret-in-image]
                  11 |   - {name: pw, type: password, default: a long enough one, min-length: 10}
                     |                                         ^~~~~~~~~~~~~~~~~
                  hint: without one, each instance generates its own; 'example' is for checks

                a.yaml:12:12: error: 'unused' is neither required nor has a default [missing-key]
                  12 |   - {name: unused}
                     |            ^~~~~~
                  hint: 'required: true', or 'default: ""' for one that may be left out

                a.yaml:13:12: error: the parameter 'pin' is declared twice [duplicate-parameter]
                  13 |   - {name: pin, default: ""}
                     |            ^~~
                  note: a.yaml:10:12: first declared here

                """#)
    }

    @Test func `what first boot cannot do with them is told too`() throws {
        let shown = try terminalText(
            minimal(
                """
                parameters: [{name: size, type: integer, default: 1}]
                first-boot:
                  environment: [{path: etc/x, parameters: [nope]}]
                  files: [{path: /etc/y, content: "${sise} ${size|xml}"}]
                  units: [x]

                """))
        for message in [
            "a.yaml:7:24: error: 'etc/x' is not a path in the image",
            "a.yaml:7:44: error: there is no parameter 'nope'",
            "a.yaml:8:35: error: there is no parameter 'sise' [unknown-parameter]\n", "hint: did you mean 'size'?",
            "a.yaml:8:35: error: there is no filter 'xml' of '${size|xml}'",
            "hint: known filters: json, shell, url, html", "a.yaml:9:11: error: 'x' is not a unit name",
            "hint: did you mean 'x.service'?",
        ] { #expect(shown.contains(message), "\(message): \(shown)") }
    }

    // MARK: recipe

    private let files = ["site.pp": "notify { 'a': }\n", "modules/shop/manifests/init.pp": "class shop {}\n"]

    @Test func `a Puppet recipe becomes a package, files, a check of the build and a script of the first boot`() throws
    {
        let appliance = try appliance(
            minimal(
                """
                parameters: [{name: admin-mail, type: email, default: a@example.org}]
                recipe: {puppet: {manifest: site.pp, modules: modules}}

                """), files: files)
        #expect(appliance.packages.install.map(\.value).contains("puppet-agent"))
        let folder = "/usr/local/lib/stonebake/puppet"
        let manifest = try #require(appliance.files.first { $0.path.value == "\(folder)/manifests/site.pp" })
        #expect(manifest.mode == 0o600)
        #expect(appliance.files.contains { $0.path.value == "\(folder)/modules" })
        #expect(appliance.services.mask.map(\.value).contains("puppet.service"))
        #expect(appliance.scripts.contains { $0.text.hasPrefix("puppet parser validate") })
        let script = try #require(appliance.firstBoot.work.scripts.first { $0.name == "puppet" })
        #expect(script.frequency == .firstBoot)
        #expect(script.text.contains("export FACTER_stonebake_admin_mail=\"$ADMIN_MAIL\"\n"))
        #expect(script.text.contains("puppet apply --detailed-exitcodes"))
    }

    @Test func `every boot, when that is asked for, and an agent of the author's own stays as he wants it`() throws {
        let appliance = try appliance(
            minimal(
                """
                packages: {install: [puppet-agent]}
                services: {enable: [puppet.service]}
                recipe: {puppet: {manifest: site.pp, at: every-boot}}

                """), files: files)
        #expect(appliance.firstBoot.work.scripts.first { $0.name == "puppet" }?.frequency == .everyBoot)
        #expect(appliance.packages.install.filter { $0.value == "puppet-agent" }.count == 1)
        #expect(!appliance.services.mask.map(\.value).contains("puppet.service"))
    }

    @Test func `what is wrong with a recipe is told at its place`() throws {
        let shown = try terminalText(
            minimal("recipe: {puppet: {manifest: site.p, when: always, at: never, modules: site.pp}}\n"), files: files)
        for message in [
            "a.yaml:5:29: error: there is no file 'site.p' [file-not-found]", "hint: did you mean 'site.pp'?",
            "a.yaml:5:37: error: unknown key 'when' in a puppet recipe [unknown-key]",
            "hint: known keys: manifest, modules, at", "'never' is not one of first-boot, every-boot",
            "a.yaml:5:71: error: 'site.pp' is a file, not a folder",
        ] { #expect(shown.contains(message), "\(message): \(shown)") }
        let other = try terminalText(minimal("recipe: {pupet: {manifest: site.pp}}\n"))
        #expect(other.contains("a.yaml:5:10: error: unknown key 'pupet' in a recipe [unknown-key]"))
        #expect(other.contains("hint: did you mean 'puppet'?"))
        #expect(try terminalText(minimal("recipe: {puppet: {}}\n")).contains("missing-key"))
    }
}
