import Foundation

/// A mirror on loopback that promises so many bytes for every path and breaks off after half of them.
final class BreakingMirror {
    let address: String
    private let process = Process()
    private let folder: TemporaryFolder

    init(size: Int) throws {
        folder = try TemporaryFolder()
        let script = """
            import http.server, sys
            class Handler(http.server.BaseHTTPRequestHandler):
                def do_GET(self):
                    self.send_response(200)
                    self.send_header("Content-Length", sys.argv[2])
                    self.end_headers()
                    self.wfile.write(b"x" * (int(sys.argv[2]) // 2))
                    self.close_connection = True
                def log_message(self, *arguments): pass
            class Server(http.server.ThreadingHTTPServer):
                def handle_error(self, *arguments): pass
            server = Server(("127.0.0.1", 0), Handler)
            open(sys.argv[1] + ".part", "w").write(str(server.server_port))
            import os
            os.rename(sys.argv[1] + ".part", sys.argv[1])
            server.serve_forever()
            """
        let port = folder.url.appendingPathComponent("port")
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", try folder.write(script, to: "mirror.py").path, port.path, "\(size)"]
        try process.run()
        let end = Date(timeIntervalSinceNow: 20)
        while !FileManager.default.fileExists(atPath: port.path), Date() < end { Thread.sleep(forTimeInterval: 0.05) }
        address = "http://127.0.0.1:\(try String(contentsOf: port, encoding: .utf8))/debian"
    }

    deinit {
        // SIGKILL: a process inherits the signals that its starter's thread blocks, and dispatch's threads block SIGTERM.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
