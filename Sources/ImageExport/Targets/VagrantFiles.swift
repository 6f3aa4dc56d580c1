import ApplianceSpec
import ContentDigest
import Diagnostics
import FileTrees

/// Boxes for Vagrant's providers, and the catalogue that `vagrant box add` reads.
struct VagrantFiles {
    let writer: TargetWriter

    private var facts: ApplianceFacts { writer.facts }

    func files() async throws -> [FormatFile] {
        var files: [FormatFile] = []
        var providers: [JSONValue] = []
        for provider in facts.formats.vagrant {
            let suffix = "-vagrant-\(provider.rawValue).box"
            let box = try await provider == .libvirt ? libvirt(suffix) : virtualBox(suffix)
            files.append(writer.file(box, as: suffix, of: .vagrant))
            providers.append([
                "name": .string(provider.rawValue), "url": .string(facts.stem + suffix), "checksum_type": "sha256",
                "checksum": .string(box.sha256.hex), "architecture": .string(facts.architecture.rawValue),
                "default_architecture": true,
            ])
        }
        let catalogue: JSONValue = [
            "name": .string("stonebake/\(facts.name)"), "description": .string(facts.summary),
            "versions": [["version": .string(Self.version(facts)), "providers": .array(providers)]],
        ]
        files.append(try writer.text(catalogue.prettyText, as: "-vagrant.json", of: .vagrant))
        let guide = DeploymentGuide(
            target: .vagrant, image: "\(facts.stem)-vagrant.json", facts: facts, capacity: try writer.capacity)
        files.append(try writer.text(guide.script, as: "-vagrant.sh", of: .vagrant))
        return files
    }

    /// The appliance's own where it is numbers, as Vagrant wants them; otherwise the day.
    static func version(_ facts: ApplianceFacts) -> String {
        let parts = facts.version.split(separator: ".", omittingEmptySubsequences: false)
        let isNumbers =
            (1...3).contains(parts.count) && parts.allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isWholeNumber) }
        guard isNumbers else { return "\(facts.date.compact).1.1" }
        return (parts + Array(repeating: "0", count: 3 - parts.count)).joined(separator: ".")
    }

    private func entry(_ name: String, size: Int64 = 0) -> ArchiveEntry {
        ArchiveEntry(path: name, kind: .file, mode: 0o644, size: size, modified: facts.timestamp)
    }

    private func libvirt(_ suffix: String) async throws -> WrittenFile {
        let image = try await writer.pool.file(.qcow2(usesZstd: true), of: writer.disk)
        let gigabytes = (try writer.capacity + (1 << 30) - 1) >> 30
        let metadata: JSONValue = [
            "provider": "libvirt", "format": "qcow2", "virtual_size": .integer(Int(gigabytes)),
            "architecture": .string(facts.architecture.rawValue),
        ]
        return try await box(
            suffix, metadata: metadata, settings: "", texts: [], disk: (entry("box.img", size: image.size), image.path))
    }

    private func virtualBox(_ suffix: String) async throws -> WrittenFile {
        let image = try await writer.pool.file(.vmdk, of: writer.disk)
        let name = "box-disk001.vmdk"
        let description = OVFDescription(
            family: .virtualbox, facts: facts, diskFile: name, fileSize: image.size, capacity: try writer.capacity)
        // VirtualBox's own range of addresses.
        let seed = try DiskSeed(try DiskSource(writer.disk))
        let address = "080027" + seed.hex("vagrant address").prefix(6).uppercased()
        let metadata: JSONValue = ["provider": "virtualbox", "architecture": .string(facts.architecture.rawValue)]
        return try await box(
            suffix, metadata: metadata, settings: "  config.vm.base_mac = \"\(address)\"\n",
            texts: [("box.ovf", description.document)], disk: (entry(name, size: image.size), image.path))
    }

    /// Nobody has a password or a key in the image: cloud-init gives Vagrant's own key to Debian's user.
    private func vagrantfile(_ settings: String) -> String {
        """
        # Made by Stonebake. cloud-init takes Vagrant's key from a seed, for which Vagrant wants
        # VAGRANT_EXPERIMENTAL="cloud_init,disks"; Vagrant replaces the key at the first `vagrant up`.
        Vagrant.configure("2") do |config|
          config.ssh.username = "debian"
          config.vm.synced_folder ".", "/vagrant", disabled: true
        \(settings)  key = File.read(Vagrant.source_root.join("keys", "vagrant.pub"))
          if config.vm.respond_to?(:cloud_init)
            config.vm.cloud_init content_type: "text/cloud-config",
              inline: "#cloud-config\\nssh_authorized_keys:\\n  - #{key}"
          end
        end

        """
    }

    private func box(
        _ suffix: String, metadata: JSONValue, settings: String, texts: [(String, String)],
        disk: (entry: ArchiveEntry, path: String)
    ) async throws -> WrittenFile {
        let path = try writer.path(suffix)
        let all = [("metadata.json", metadata.prettyText), ("Vagrantfile", vagrantfile(settings))] + texts
        let entries = all.map { (entry($0.0), Array($0.1.utf8)) }
        return try await writer.written {
            let archive = try TarWriter(path: path, layout: .ustar)
            for (entry, bytes) in entries { try archive.add(entry, content: bytes) }
            try archive.add(disk.entry, contentsOf: disk.path)
            return try WrittenFile(archive, path)
        }
    }
}
