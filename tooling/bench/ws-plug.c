/* A TAP on a WebSocket, one frame in each binary message, with as little between as can be: the guest of a relay that is measured.
 *
 *   ws-plug PORT COMMAND ...   joins the relay at 127.0.0.1:PORT, and runs COMMAND with that connection as its descriptor 3
 *   ws-plug                    joins descriptor 3 and tap0, which is there already
 *
 * Two steps, for the relay and the TAP are in different namespaces. Pings are not answered: it lives for seconds.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SOCKET = 3, FRAME = 65536, BATCH = 64, HEADER = 14 };
static const uint8_t KEY[4] = {0x37, 0xfa, 0x21, 0x3d};
static int tap;

static void die(const char *what) {
  perror(what);
  exit(1);
}

static void join_relay(int port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0) die("connect");
  dprintf(fd, "GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
              "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", port);
  char answer[4096];
  size_t n = 0;
  while (n < 4 || memcmp(answer + n - 4, "\r\n\r\n", 4) != 0) {
    if (n == sizeof answer || read(fd, answer + n, 1) != 1) die("the relay's answer");
    n++;
  }
  if (memcmp(answer, "HTTP/1.1 101", 12) != 0) die("the relay does not want us");
  if (fd != SOCKET) dup2(fd, SOCKET);
}

/* RFC 6455 5.2: a whole binary message, masked. */
static size_t put(uint8_t *to, const uint8_t *frame, size_t size) {
  uint8_t *p = to;
  *p++ = 0x82;
  if (size < 126) *p++ = 0x80 | size;
  else {
    *p++ = 0x80 | 126;
    *p++ = size >> 8;
    *p++ = size;
  }
  memcpy(p, KEY, 4);
  p += 4;
  for (size_t i = 0; i < size; i++) p[i] = frame[i] ^ KEY[i & 3];
  return p + size - to;
}

static void send_all(const uint8_t *b, size_t size) {
  while (size > 0) {
    ssize_t n = send(SOCKET, b, size, MSG_NOSIGNAL);
    if (n <= 0) exit(0);
    b += n;
    size -= n;
  }
}

static void *from_tap(void *unused) {
  static uint8_t frame[FRAME], out[BATCH * (FRAME + HEADER)];
  for (;;) {
    struct pollfd wait = {.fd = tap, .events = POLLIN};
    poll(&wait, 1, -1);
    size_t size = 0;
    for (int i = 0; i < BATCH; i++) {
      ssize_t n = read(tap, frame, sizeof frame);
      if (n <= 0) break;
      size += put(out + size, frame, n);
    }
    send_all(out, size);
  }
  return unused;
}

static void to_tap(void) {
  static uint8_t in[1 << 20];
  size_t have = 0;
  for (;;) {
    ssize_t n = recv(SOCKET, in + have, sizeof in - have, 0);
    if (n <= 0) exit(0);
    have += n;
    size_t at = 0;
    for (;;) {
      uint8_t *p = in + at;
      if (have - at < 4) break;
      size_t size = p[1] & 127, head = 2;
      if (size == 126) size = p[2] << 8 | p[3], head = 4;
      if (have - at < head + size) break;
      if ((p[0] & 15) == 2 && write(tap, p + head, size) < 0) perror("tap0");
      at += head + size;
    }
    memmove(in, in + at, have - at);
    have -= at;
  }
}

int main(int argc, char **argv) {
  if (argc > 2) {
    join_relay(atoi(argv[1]));
    execvp(argv[2], argv + 2);
    die(argv[2]);
  }
  int one = 1;
  setsockopt(SOCKET, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
  struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI, .ifr_name = "tap0"};
  if (tap < 0 || ioctl(tap, TUNSETIFF, &request) < 0) die("tap0");
  pthread_t thread;
  pthread_create(&thread, NULL, from_tap, NULL);
  to_tap();
}
