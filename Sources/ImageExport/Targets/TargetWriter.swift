import ApplianceSpec
import ContentDigest
import Diagnostics
import FileTrees
import HostSystem

/// Makes the files of one target in a folder: links what it shares with others, and writes what is its own beside it.
struct TargetWriter {
    let host: Host
    let facts: ApplianceFacts
    let pool: FormPool
    /// The raw disk.
    let disk: String
    /// Of several disks, which one it is; nil: the one that boots.
    let diskName: String?
    let folder: String

    /// - Parameter known: the raw disk's own digest, where somebody computes it already
    func files(of target: Target, digest known: Task<Digest, any Error>? = nil) async throws -> [FormatFile] {
        switch target {
        case .raw: try await raw(known)
        case .qcow2: [try await link(.qcow2(usesZstd: true), as: ".qcow2", of: .qcow2)]
        case .openstack: try await openStack()
        case .aws: try await aws()
        case .azure: try await alone(.vhd, "-azure.vhd", .azure)
        case .gce: try await alone(.gceTar, "-gce.tar.gz", .gce)
        case .digitalocean: try await alone(.rawGzip, "-digitalocean.raw.gz", .digitalocean)
        case .oracle: try await alone(.qcow2(usesZstd: false), "-oracle.qcow2", .oracle)
        case .vmware: [try await ova(.vmware, "-vmware.ova", .vmware)] + (try script(.vmware, "-vmware.ova"))
        case .virtualbox:
            [try await ova(.virtualbox, "-virtualbox.ova", .virtualbox)] + (try script(.virtualbox, "-virtualbox.ova"))
        case .hyperv: try await alone(.vhdx, "-hyperv.vhdx", .hyperv)
        case .libvirt: try await libvirt()
        case .proxmox: try await alone(.qcow2(usesZstd: true), "-proxmox.qcow2", .proxmox)
        case .xen: try await alone(.xva, "-xen.xva", .xen)
        case .kubevirt: try await kubeVirt()
        case .incus: try await IncusFiles(writer: self, target: .incus).files()
        case .lxd: try await IncusFiles(writer: self, target: .lxd).files()
        case .vagrant: try await VagrantFiles(writer: self).files()
        case .firecracker: try await FirecrackerFiles(writer: self).files()
        case .rootfs: [try await link(.treeGzip, as: "-rootfs.tar.gz", of: .rootfs)]
        case .oci: try await oci()
        }
    }

    // MARK: Parts

    func path(_ suffix: String) throws -> String {
        let path = "\(folder)/\(suffix)"
        try Files.makeFolder(Files.folder(of: path))
        return path
    }

    func file(_ written: WrittenFile, as suffix: String, of target: Target) -> FormatFile {
        FormatFile(
            target: target, suffix: suffix, path: written.path, size: written.size, sha256: written.sha256,
            disk: diskName)
    }

    /// A name for what others have too; nobody writes into it.
    func link(_ form: FormPool.Form, as suffix: String, of target: Target) async throws -> FormatFile {
        try link(try await pool.file(form, of: disk), as: suffix, of: target)
    }

    func link(_ written: WrittenFile, as suffix: String, of target: Target) throws -> FormatFile {
        let path = try path(suffix)
        try Files.link(written.path, as: path)
        return file(WrittenFile(path: path, size: written.size, sha256: written.sha256), as: suffix, of: target)
    }

    func text(_ text: String, as suffix: String, of target: Target) throws -> FormatFile {
        let path = try path(suffix)
        try Files.write(text, to: path)
        return file(
            WrittenFile(path: path, size: Int64(text.utf8.count), sha256: Digest.of(text)), as: suffix, of: target)
    }

    /// Work of libarchive's, on a thread of its own.
    func written(_ body: @escaping @Sendable () throws -> WrittenFile) async throws -> WrittenFile {
        try await blocking(named: "format", body)
    }

    var capacity: Int64 {
        get throws { try Files.identity(disk)?.size ?? 0 }
    }

    /// The commands of docs/deploy.md, with the names filled in.
    private func script(_ target: Target, _ suffix: String) throws -> [FormatFile] {
        let stem = facts.stem + (diskName.map { "-\($0)" } ?? "")
        let guide = DeploymentGuide(target: target, image: stem + suffix, facts: facts, capacity: try capacity)
        return [try text(guide.script, as: "-\(target.rawValue).\(target == .hyperv ? "ps1" : "sh")", of: target)]
    }

    private func alone(_ form: FormPool.Form, _ suffix: String, _ target: Target) async throws -> [FormatFile] {
        [try await link(form, as: suffix, of: target)] + (try script(target, suffix))
    }

    // MARK: Targets

    private func raw(_ known: Task<Digest, any Error>?) async throws -> [FormatFile] {
        var files: [FormatFile] = []
        for compression in facts.formats.raw {
            switch compression {
            case .plain:
                let disk = disk
                let hashed: WrittenFile
                if let known {
                    hashed = WrittenFile(path: disk, size: try capacity, sha256: try await known.value)
                } else {
                    hashed = try await written { try WrittenFile(hashing: disk) }
                }
                files.append(file(hashed, as: ".raw", of: .raw))
            case .xz: files.append(try await link(.rawXZ, as: ".raw.xz", of: .raw))
            case .zstd: files.append(try await link(.rawZstd, as: ".raw.zst", of: .raw))
            }
        }
        return files
    }

    private func openStack() async throws -> [FormatFile] {
        let properties = OpenStackProperties(facts: facts, capacity: try capacity)
        return try await alone(.qcow2(usesZstd: false), "-openstack.qcow2", .openstack)
            + [try text(properties.json.prettyText, as: "-openstack.json", of: .openstack)]
    }

    private func aws() async throws -> [FormatFile] {
        let suffix = facts.formats.aws == .raw ? "-aws.raw" : "-aws.vmdk"
        let stem = facts.stem + (diskName.map { "-\($0)" } ?? "")
        let image =
            try await facts.formats.aws == .raw
            ? link(rawCopy(), as: suffix, of: .aws) : link(.vmdk, as: suffix, of: .aws)
        let documents = AWSDocuments(facts: facts, file: stem + suffix)
        return [image] + (try script(.aws, suffix)) + [
            try text(documents.importManifest.prettyText, as: "-aws-import.json", of: .aws),
            try text(documents.registration.prettyText, as: "-aws-register.json", of: .aws),
        ]
    }

    /// The raw disk under a name of the target's: a copy without its holes.
    private func rawCopy() async throws -> WrittenFile {
        let path = try path("-aws.copy")
        let disk = disk
        return try await blocking(named: "copy") { cancelled in
            let output = try FileOutput(path)
            try output.copy(try DiskSource(disk), cancelled: cancelled)
            return WrittenFile(output)
        }
    }

    private func ova(
        _ family: OVFDescription.Family, _ suffix: String, _ target: Target
    ) async throws -> FormatFile {
        let vmdk = try await pool.file(.vmdk, of: disk)
        let (facts, capacity, path) = (facts, try capacity, try path(suffix))
        let made = try await written {
            try OVAWriter(facts: facts, family: family).write(vmdk, capacity: capacity, to: path)
        }
        return file(made, as: suffix, of: target)
    }

    private func libvirt() async throws -> [FormatFile] {
        let stem = facts.stem + (diskName.map { "-\($0)" } ?? "")
        let domain = LibvirtDomain(
            facts: facts, seed: try DiskSeed(try DiskSource(disk)), image: "\(stem)-libvirt.qcow2")
        return try await alone(.qcow2(usesZstd: true), "-libvirt.qcow2", .libvirt)
            + [try text(domain.document, as: "-libvirt.xml", of: .libvirt)]
    }

    private func kubeVirt() async throws -> [FormatFile] {
        let image = try await pool.file(.qcow2(usesZstd: true), of: disk)
        let (facts, layerPath) = (facts, try path("-kubevirt.layer"))
        let layer = try await written {
            // The one file that containerDisk looks for, readable by the user of KubeVirt's launcher.
            let writer = try TarWriter(path: layerPath, layout: .ustar)
            try writer.add(
                ArchiveEntry(
                    path: "disk", kind: .directory, mode: 0o555, uid: 107, gid: 107, modified: facts.timestamp))
            try writer.add(
                ArchiveEntry(
                    path: "disk/\(facts.stem).qcow2", kind: .file, mode: 0o440, uid: 107, gid: 107,
                    size: image.size, modified: facts.timestamp), contentsOf: image.path)
            return try WrittenFile(writer, layerPath)
        }
        let layout = OCILayoutWriter(facts: facts, command: [], comment: "a container disk of KubeVirt")
        return try await self.layout(
            layout,
            .init(file: layer, mediaType: "application/vnd.oci.image.layer.v1.tar", difference: layer.sha256),
            "-kubevirt", .kubevirt) + (try script(.kubevirt, "-kubevirt.oci.tar"))
    }

    private func oci() async throws -> [FormatFile] {
        let tree = try await pool.file(.tree, of: disk)
        let packed = try await pool.file(.treeGzip, of: disk)
        let layout = OCILayoutWriter(facts: facts, command: ["/sbin/init"], comment: "the root filesystem")
        return try await self.layout(
            layout,
            .init(
                file: packed, mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", difference: tree.sha256),
            "-oci", .oci) + (try script(.oci, "-oci.oci.tar"))
    }

    /// The layout as a folder, and as one archive.
    private func layout(
        _ layout: OCILayoutWriter, _ layer: OCILayoutWriter.Layer, _ name: String, _ target: Target
    ) async throws -> [FormatFile] {
        let blobs = layout.files(layer: layer)
        let path = try path("\(name).oci.tar")
        let archive = try await written { try layout.archive(blobs, to: path) }
        var files = [file(archive, as: "\(name).oci.tar", of: target)]
        for blob in blobs {
            switch blob.content {
            case .text(let text): files.append(try self.text(text, as: "\(name)/\(blob.path)", of: target))
            case .file(let written): files.append(try link(written, as: "\(name)/\(blob.path)", of: target))
            }
        }
        return files
    }
}
