//! A test's own web server: its page is copied in, its port is published wherever there is room, and the test waits until it says that it serves.

use testcontainers::core::{CmdWaitFor, ExecCommand, IntoContainerPort as _, WaitFor};
use testcontainers::runners::AsyncRunner as _;
use testcontainers::{GenericImage, ImageExt as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

type Failure = Box<dyn std::error::Error>;

const SERVE: &str = "echo serving; exec httpd -f -p 8080 -h /tmp";

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let server = GenericImage::new("busybox", "latest")
        .with_exposed_port(8080.tcp())
        .with_wait_for(WaitFor::message_on_stdout("serving"))
        .with_cmd(["sh", "-c", SERVE])
        .with_env_var("WHO", "a test")
        .with_copy_to("/tmp/index.html", b"it works\n".to_vec())
        .start()
        .await?;
    let port = server.get_host_port_ipv4(8080).await?;
    assert!(fetch(port).await?.ends_with("\r\n\r\nit works\n"));
    let mut told = server
        .exec(ExecCommand::new(["sh", "-c", "echo $WHO; exit 3"]).with_cmd_ready_condition(CmdWaitFor::exit()))
        .await?;
    assert_eq!(told.stdout_to_vec().await?, b"a test\n");
    assert_eq!(told.exit_code().await?, Some(3));
    assert_eq!(server.stdout_to_vec().await?, b"serving\n");
    assert!(server.is_running().await?);
    server.rm().await?;
    assert!(fetch(port).await.is_err(), "port {port} is still served");
    Ok(())
}

/// The whole answer. A server that has just said that it serves may not listen yet.
async fn fetch(port: u16) -> Result<String, Failure> {
    for _ in 0..50 {
        if let Ok(answer) = ask(port).await
            && !answer.is_empty()
        {
            return Ok(answer);
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Err(format!("nobody serves port {port}").into())
}

async fn ask(port: u16) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.write_all(b"GET /index.html HTTP/1.0\r\n\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}
