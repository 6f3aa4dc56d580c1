import ContentDigest
internal import FileTrees
internal import XMLDocuments

/// An XVA, as `xe vm-export` writes it and XCP-ng imports it: a tar of `ova.xml` and the disk in chunks of 1 MiB, each
/// with its SHA-1. Chunks of zeros are left out but for the first and the last, which tell the disk's size.
struct XVAWriter {
    private static let chunkSize = 1 << 20
    var facts: ApplianceFacts
    var workers: Int

    func write(_ disk: DiskSource, to path: String, cancelled: CancellationFlag) throws -> WrittenFile {
        let seed = try DiskSeed(disk)
        let chunks = Int((disk.size + Int64(Self.chunkSize) - 1) / Int64(Self.chunkSize))
        let writer = try TarWriter(path: path, layout: .ustar)
        let description = XenDescription(facts: facts, seed: seed, size: Int64(chunks) * Int64(Self.chunkSize))
        try writer.add(entry("ova.xml"), content: Array(description.document.utf8))
        try OrderedWork(workers: workers).run(chunks, cancelled: cancelled) { number -> (WorkBuffer, String)? in
            let chunk = try WorkBuffer(capacity: Self.chunkSize)
            chunk.count = Self.chunkSize
            try disk.read(into: chunk.memory, at: Int64(number) * Int64(Self.chunkSize))
            guard number == 0 || number == chunks - 1 || !chunk.bytes.isZero else { return nil }
            var hash = SHA1()
            hash.update(chunk.bytes)
            return (chunk, hash.finalize())
        } consume: { number, chunk in
            guard let (chunk, checksum) = chunk else { return }
            let name = "Ref:\(XenDescription.diskReference)/" + CalendarDate.padded(number, 8)
            try writer.add(entry(name), content: [UInt8](chunk.bytes))
            try writer.add(entry("\(name).checksum"), content: Array(checksum.utf8))
        }
        return try WrittenFile(writer, path)
    }

    private func entry(_ name: String) -> ArchiveEntry {
        ArchiveEntry(path: name, kind: .file, mode: 0o644, modified: facts.timestamp)
    }
}

/// `ova.xml`: the records of XAPI's database that an import makes, in the encoding of XML-RPC.
struct XenDescription {
    static let diskReference = 4
    var facts: ApplianceFacts
    var seed: DiskSeed
    /// Bytes, whole MiB.
    var size: Int64

    private indirect enum Value {
        case text(String), boolean(Bool), list([Value]), record([(String, Value)])

        var element: XMLElement {
            switch self {
            case .text(let text): XMLElement("value", text: text)
            case .boolean(let flag): XMLElement("value", [:], [XMLElement("boolean", text: flag ? "1" : "0")])
            case .list(let values):
                XMLElement("value", [:], [XMLElement("array", [:], [XMLElement("data", [:], values.map(\.element))])])
            case .record(let members):
                XMLElement(
                    "value", [:],
                    [
                        XMLElement(
                            "struct", [:],
                            members.map {
                                XMLElement("member", [:], [XMLElement("name", text: $0.0), $0.1.element])
                            })
                    ])
            }
        }
    }

    /// Readers of their own take it without white space.
    var document: String {
        Value.record([
            (
                "version",
                .record([
                    ("hostname", .text("stonebake")), ("date", .text(String(facts.date.iso.prefix(10)))),
                    ("product_version", .text("7.6.0")), ("product_brand", .text("XenServer")),
                    ("build_number", .text("1")), ("xapi_major", .text("1")), ("xapi_minor", .text("20")),
                    ("export_vsn", .text("2")),
                ])
            ),
            ("objects", .list([machine, device, interface, disk, network])),
        ]).element.document(indented: false)
    }

    private func object(_ kind: String, _ number: Int, _ members: [(String, Value)]) -> Value {
        .record([("class", .text(kind)), ("id", .text("Ref:\(number)")), ("snapshot", .record(members))])
    }

    private static let none = Value.text("OpaqueRef:NULL")
    private static let empty = Value.record([])

    private var machine: Value {
        let memory = Value.text("\(facts.memory)")
        return object(
            "VM", 0,
            [
                ("uuid", .text(seed.uuid("xen machine"))), ("allowed_operations", .list([])),
                ("current_operations", Self.empty), ("power_state", .text("Halted")),
                ("name_label", .text(facts.stem)), ("name_description", .text(facts.summary)),
                ("user_version", .text("1")), ("is_a_template", .boolean(false)),
                ("is_default_template", .boolean(false)), ("suspend_VDI", Self.none), ("resident_on", Self.none),
                ("affinity", Self.none), ("memory_overhead", .text("0")), ("memory_target", .text("0")),
                ("memory_static_max", memory), ("memory_dynamic_max", memory), ("memory_dynamic_min", memory),
                ("memory_static_min", memory), ("VCPUs_params", Self.empty), ("VCPUs_max", .text("\(facts.cpus)")),
                ("VCPUs_at_startup", .text("\(facts.cpus)")), ("actions_after_shutdown", .text("destroy")),
                ("actions_after_reboot", .text("restart")), ("actions_after_crash", .text("restart")),
                ("consoles", .list([])), ("VIFs", .list([.text("Ref:2")])), ("VBDs", .list([.text("Ref:1")])),
                ("VUSBs", .list([])), ("crash_dumps", .list([])), ("VTPMs", .list([])), ("PV_bootloader", .text("")),
                ("PV_kernel", .text("")), ("PV_ramdisk", .text("")), ("PV_args", .text("")),
                ("PV_bootloader_args", .text("")), ("PV_legacy_args", .text("")),
                ("HVM_boot_policy", .text("BIOS order")),
                (
                    "HVM_boot_params",
                    .record([("firmware", .text(facts.needsUEFI ? "uefi" : "bios")), ("order", .text("dc"))])
                ), ("HVM_shadow_multiplier", .text("1")),
                (
                    "platform",
                    .record([
                        ("timeoffset", .text("0")), ("device-model", .text("qemu-upstream-compat")),
                        ("acpi", .text("1")), ("apic", .text("true")), ("pae", .text("true")), ("nx", .text("true")),
                        ("viridian", .text("false")), ("hpet", .text("true")),
                    ])
                ), ("PCI_bus", .text("")), ("other_config", .record([("mac_seed", .text(seed.uuid("xen mac")))])),
                ("domid", .text("-1")), ("domarch", .text("")), ("last_boot_CPU_flags", Self.empty),
                ("is_control_domain", .boolean(false)), ("metrics", Self.none), ("guest_metrics", Self.none),
                ("last_booted_record", .text("")), ("recommendations", .text("")), ("xenstore_data", Self.empty),
                ("ha_always_run", .boolean(false)), ("ha_restart_priority", .text("")),
                ("is_a_snapshot", .boolean(false)), ("snapshot_of", Self.none), ("snapshots", .list([])),
                ("snapshot_time", .text("19700101T00:00:00Z")), ("transportable_snapshot_id", .text("")),
                ("blobs", Self.empty), ("tags", .list([])), ("blocked_operations", Self.empty),
                ("snapshot_info", Self.empty), ("snapshot_metadata", .text("")), ("parent", Self.none),
                ("children", .list([])), ("bios_strings", Self.empty), ("protection_policy", Self.none),
                ("is_snapshot_from_vmpp", .boolean(false)), ("appliance", Self.none), ("start_delay", .text("0")),
                ("shutdown_delay", .text("0")), ("order", .text("0")), ("VGPUs", .list([])),
                ("attached_PCIs", .list([])), ("suspend_SR", Self.none), ("version", .text("0")),
                ("generation_id", .text("")), ("hardware_platform_version", .text("0")),
                ("domain_type", .text("hvm")),
            ])
    }

    private var device: Value {
        object(
            "VBD", 1,
            [
                ("uuid", .text(seed.uuid("xen device"))), ("allowed_operations", .list([])),
                ("current_operations", Self.empty), ("VM", .text("Ref:0")),
                ("VDI", .text("Ref:\(Self.diskReference)")), ("device", .text("xvda")), ("userdevice", .text("0")),
                ("bootable", .boolean(true)), ("mode", .text("RW")), ("type", .text("Disk")),
                ("unpluggable", .boolean(false)), ("storage_lock", .boolean(false)), ("empty", .boolean(false)),
                ("other_config", .record([("owner", .text(""))])), ("currently_attached", .boolean(false)),
                ("status_code", .text("0")), ("status_detail", .text("")), ("runtime_properties", Self.empty),
                ("qos_algorithm_type", .text("")), ("qos_algorithm_params", Self.empty),
                ("qos_supported_algorithms", .list([])), ("metrics", Self.none),
            ])
    }

    private var interface: Value {
        object(
            "VIF", 2,
            [
                ("uuid", .text(seed.uuid("xen interface"))), ("allowed_operations", .list([])),
                ("current_operations", Self.empty), ("device", .text("0")), ("network", .text("Ref:5")),
                ("VM", .text("Ref:0")), ("MAC", .text("")), ("MTU", .text("1500")), ("other_config", Self.empty),
                ("currently_attached", .boolean(false)), ("status_code", .text("0")), ("status_detail", .text("")),
                ("runtime_properties", Self.empty), ("qos_algorithm_type", .text("")),
                ("qos_algorithm_params", Self.empty), ("qos_supported_algorithms", .list([])),
                ("metrics", Self.none), ("MAC_autogenerated", .boolean(true)),
                ("locking_mode", .text("network_default")), ("ipv4_allowed", .list([])), ("ipv6_allowed", .list([])),
            ])
    }

    private var disk: Value {
        object(
            "VDI", Self.diskReference,
            [
                ("uuid", .text(seed.uuid("xen disk"))), ("name_label", .text("\(facts.stem) disk")),
                ("name_description", .text("")), ("allowed_operations", .list([])),
                ("current_operations", Self.empty), ("SR", .text("Ref:6")), ("VBDs", .list([.text("Ref:1")])),
                ("crash_dumps", .list([])), ("virtual_size", .text("\(size)")),
                ("physical_utilisation", .text("\(size)")), ("type", .text("user")), ("sharable", .boolean(false)),
                ("read_only", .boolean(false)), ("other_config", Self.empty), ("storage_lock", .boolean(false)),
                ("location", .text(seed.uuid("xen disk"))), ("managed", .boolean(true)),
                ("missing", .boolean(false)), ("parent", Self.none), ("xenstore_data", Self.empty),
                ("sm_config", Self.empty), ("is_a_snapshot", .boolean(false)), ("snapshot_of", Self.none),
                ("snapshots", .list([])), ("snapshot_time", .text("19700101T00:00:00Z")), ("tags", .list([])),
                ("allow_caching", .boolean(false)), ("on_boot", .text("persist")),
                ("metadata_of_pool", .text("")), ("metadata_latest", .boolean(false)),
                ("is_tools_iso", .boolean(false)),
            ])
    }

    private var network: Value {
        object(
            "network", 5,
            [
                ("uuid", .text(seed.uuid("xen network"))), ("name_label", .text("Pool-wide network")),
                ("name_description", .text("")), ("allowed_operations", .list([])),
                ("current_operations", Self.empty), ("VIFs", .list([.text("Ref:2")])), ("PIFs", .list([])),
                ("MTU", .text("1500")), ("other_config", Self.empty), ("bridge", .text("xenbr0")),
                ("managed", .boolean(true)), ("blobs", Self.empty), ("tags", .list([])),
                ("default_locking_mode", .text("unlocked")), ("assigned_ips", Self.empty),
            ])
    }
}
