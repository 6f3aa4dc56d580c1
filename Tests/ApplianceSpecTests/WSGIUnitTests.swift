import Diagnostics
import Foundation
import Testing

@testable import ApplianceSpec

/// The units of `application: wsgi`, judged by systemd's own tools.
struct WSGIUnitTests {
    /// Debian 13's own nginx.service, which ours is a drop-in of.
    private static let debiansNginx = """
        [Unit]
        Description=A high performance web server and a reverse proxy server
        [Service]
        Type=forking
        PIDFile=/run/nginx.pid
        ExecStartPre=/usr/sbin/nginx -t -q -g 'daemon on; master_process on;'
        ExecStart=/usr/sbin/nginx -g 'daemon on; master_process on;'
        ExecReload=/usr/sbin/nginx -g 'daemon on; master_process on;' -s reload
        ExecStop=-/sbin/start-stop-daemon --quiet --stop --retry QUIT/5 --pidfile /run/nginx.pid
        TimeoutStopSec=5
        KillMode=mixed
        [Install]
        WantedBy=multi-user.target
        """

    @Test(arguments: ["wsgi.service", "nginx.service"])
    func `systemd-analyze security puts the units below 3`(unit: String) async throws {
        let root = try expandedRoot()
        let (status, output) = try await run(
            "systemd-analyze", "security", "--offline=true", "--root=\(root.path)", "--no-pager", "--threshold=30", unit
        )
        #expect(status == 0, "\(output)")
        let words = output.split(separator: "\n").last.map { $0.split(separator: " ") } ?? []
        let level = words.compactMap { Double(String($0)) }.first
        #expect(try #require(level, "\(output)") < 3)
    }

    @Test func `systemd-analyze verify finds nothing to say about the units`() async throws {
        let root = try expandedRoot()
        for program in ["opt/wsgi/venv/bin/gunicorn", "usr/sbin/nginx", "bin/kill"] {
            try root.write(program, Data("#!/bin/sh\n".utf8))
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(root.path)/\(program)")
        }
        let names = ["wsgi.service", "wsgi.socket", "nginx.service"]
        let (_, output) = try await run(
            "systemd-analyze", ["verify", "--root=\(root.path)", "--man=no", "--recursive-errors=no"] + names)
        #expect(output == "")
    }

    /// A root with the text files of the expansion and Debian's nginx.service.
    private func expandedRoot() throws -> Workspace {
        let (appliance, report) = SpecCompiler(workingDirectory: repository).compile("Appliances/wsgi/appliance.yaml")
        let wsgi = try #require(appliance, "\(report.rendered(as: .text))")
        let root = try Workspace(["usr/lib/systemd/system/nginx.service": Self.debiansNginx])
        for entry in wsgi.files {
            guard case .text(let text) = entry.content else { continue }
            try root.write(String(entry.path.value.dropFirst()), Data(text.utf8))
        }
        return root
    }
}
