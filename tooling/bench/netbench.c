// netbench: a small load generator for measuring user-mode networks.  cc -O2 -o netbench netbench.c
//   netbench serve PORT                      TCP and UDP echo on 0.0.0.0 and :: (until killed)
//   netbench cps  HOST PORT SECS CONC        connect, send 1 byte, get it back, close; CONC at a time -> connections/s
//   netbench rr   HOST PORT SECS             1-byte ping-pong on one TCP connection -> p50/p99 in microseconds
//   netbench urr  HOST PORT SECS [SIZE]      the same on UDP; a lost datagram is counted after 200 ms
//   netbench idle HOST PORT N SECS           open N TCP connections (each proven by an echo), hold them, and measure rr
//   beside them netbench upps HOST PORT SECS SIZE        UDP datagrams per second echoed back, window of 64 in flight
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}
static struct sockaddr_storage peer;
static socklen_t peerlen;
static void resolve(const char *h, const char *p) {
  struct addrinfo *r, hint = {.ai_socktype = SOCK_STREAM};
  if (getaddrinfo(h, p, &hint, &r)) {
    fprintf(stderr, "no such host\n");
    exit(2);
  }
  memcpy(&peer, r->ai_addr, r->ai_addrlen);
  peerlen = r->ai_addrlen;
}
static int dial(int nb) {
  int one = 1, f = socket(peer.ss_family, SOCK_STREAM | (nb ? SOCK_NONBLOCK : 0), 0);
  if (f < 0) {
    perror("socket");
    exit(1);
  }
  setsockopt(f, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect(f, (void *)&peer, peerlen) < 0 && errno != EINPROGRESS) {
    close(f);
    return -1;
  }
  return f;
}
static int cmp(const void *a, const void *b) {
  double d = *(double *)a - *(double *)b;
  return d < 0 ? -1 : d > 0;
}
static double *lat;
static int nlat, caplat;
static void sample(double s) {
  if (nlat == caplat)
    lat = realloc(lat, (caplat = caplat ? caplat * 2 : 4096) * sizeof *lat);
  lat[nlat++] = s;
}
static void report(const char *what, double secs) {
  qsort(lat, nlat, sizeof *lat, cmp);
  if (!nlat) {
    printf("%s n=0\n", what);
    exit(1);
  }
  printf("%s n=%d per_s=%.0f p50_us=%.1f p99_us=%.1f max_us=%.0f\n", what, nlat, nlat / secs, lat[nlat / 2] * 1e6,
         lat[(int)(nlat * .99)] * 1e6, lat[nlat - 1] * 1e6);
}
static void files(void) {
  struct rlimit r;
  getrlimit(RLIMIT_NOFILE, &r);
  r.rlim_cur = r.rlim_max;
  setrlimit(RLIMIT_NOFILE, &r);
}

static int serve(int port) {
  static char buf[1 << 16];
  int ep = epoll_create1(0), zero = 0, one = 1;
  struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  int l = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0), u = socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  for (int i = 0; i < 2; i++) {
    int f = i ? u : l;
    setsockopt(f, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
    setsockopt(f, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(f, (void *)&a, sizeof a) < 0) {
      perror("bind");
      return 1;
    }
  }
  listen(l, 65535);
  struct epoll_event e = {.events = EPOLLIN, .data.fd = l};
  epoll_ctl(ep, EPOLL_CTL_ADD, l, &e);
  e.data.fd = u;
  epoll_ctl(ep, EPOLL_CTL_ADD, u, &e);
  for (;;) {
    struct epoll_event ev[256];
    int n = epoll_wait(ep, ev, 256, -1);
    for (int i = 0; i < n; i++) {
      int f = ev[i].data.fd;
      if (f == l) {
        int c;
        while ((c = accept4(l, 0, 0, SOCK_NONBLOCK)) >= 0) {
          setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
          e.data.fd = c;
          epoll_ctl(ep, EPOLL_CTL_ADD, c, &e);
        }
      } else if (f == u) {
        struct sockaddr_in6 s;
        socklen_t sl;
        ssize_t r;
        while (sl = sizeof s, (r = recvfrom(u, buf, sizeof buf, 0, (void *)&s, &sl)) >= 0)
          sendto(u, buf, r, 0, (void *)&s, sl);
      } else {
        ssize_t r = read(f, buf, sizeof buf);
        if (r <= 0 && !(r < 0 && errno == EAGAIN))
          close(f);
        else if (r > 0) {
          ssize_t o = 0;
          while (o < r) {
            ssize_t w = write(f, buf + o, r - o);
            if (w < 0) {
              if (errno == EAGAIN) {
                struct pollfd p = {f, POLLOUT, 0};
                poll(&p, 1, 1000);
                continue;
              }
              break;
            }
            o += w;
          }
        }
      }
    }
  }
}
static void pingpong(int f, double secs) {
  char c = 'x';
  double t, end = now() + secs;
  while ((t = now()) < end) {
    if (write(f, &c, 1) != 1 || read(f, &c, 1) != 1) {
      perror("rr");
      exit(1);
    }
    sample(now() - t);
  }
}

int main(int c, char **v) {
  files();
  setvbuf(stdout, 0, _IOLBF, 0);
  if (c >= 3 && !strcmp(v[1], "serve"))
    return serve(atoi(v[2]));
  if (c < 5) {
    fprintf(stderr, "see the head of netbench.c\n");
    return 2;
  }
  resolve(v[2], v[3]);
  if (!strcmp(v[1], "rr")) {
    int f = dial(0);
    if (f < 0) {
      perror("connect");
      return 1;
    }
    pingpong(f, atof(v[4]));
    report("rr", atof(v[4]));
    return 0;
  }
  if (!strcmp(v[1], "urr")) {
    int size = c > 5 ? atoi(v[5]) : 1, lost = 0;
    static char b[65536];
    int f = socket(peer.ss_family, SOCK_DGRAM, 0);
    connect(f, (void *)&peer, peerlen);
    double t, end = now() + atof(v[4]);
    while ((t = now()) < end) {
      send(f, b, size, 0);
      struct pollfd p = {f, POLLIN, 0};
      if (poll(&p, 1, 200) == 1 && recv(f, b, sizeof b, 0) == size)
        sample(now() - t);
      else
        lost++;
    }
    printf("lost=%d ", lost);
    report("urr", atof(v[4]));
    return 0;
  }
  if (!strcmp(v[1], "upps")) {
    int size = atoi(v[5]);
    static char b[65536];
    int f = socket(peer.ss_family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    connect(f, (void *)&peer, peerlen);
    long got = 0, sent = 0;
    int fly = 0;
    double end = now() + atof(v[4]);
    while (now() < end) {
      while (fly < 64 && send(f, b, size, 0) == size) {
        fly++;
        sent++;
      }
      struct pollfd p = {f, POLLIN, 0};
      if (poll(&p, 1, 50) == 0) {
        fly = 0;
        continue;
      }
      while (recv(f, b, sizeof b, 0) == size) {
        got++;
        if (fly)
          fly--;
      }
    }
    printf("upps size=%d echoed_per_s=%.0f lost=%ld\n", size, got / atof(v[4]), sent - got);
    return 0;
  }
  if (!strcmp(v[1], "cps")) {
    int conc = atoi(v[5]), ep = epoll_create1(0);
    long done = 0, fail = 0;
    double *at = calloc(1 << 20, sizeof *at), end = now() + atof(v[4]);
    struct linger lg = {1, 0};
    for (int i = 0; i < conc; i++) {
      int f = dial(1);
      if (f < 0) {
        fail++;
        continue;
      }
      at[f] = now();
      struct epoll_event e = {.events = EPOLLOUT, .data.fd = f};
      epoll_ctl(ep, EPOLL_CTL_ADD, f, &e);
    }
    while (now() < end) {
      struct epoll_event ev[256];
      int n = epoll_wait(ep, ev, 256, 100);
      for (int i = 0; i < n; i++) {
        int f = ev[i].data.fd, over = 0;
        char x = 'x';
        if (ev[i].events & (EPOLLERR | EPOLLHUP)) {
          fail++;
          over = 1;
        } else if (ev[i].events & EPOLLOUT) {
          if (write(f, &x, 1) != 1) {
            fail++;
            over = 1;
          } else {
            struct epoll_event e = {.events = EPOLLIN, .data.fd = f};
            epoll_ctl(ep, EPOLL_CTL_MOD, f, &e);
          }
        } else {
          if (read(f, &x, 1) == 1) {
            done++;
            sample(now() - at[f]);
          } else
            fail++;
          over = 1;
        }
        if (over) {
          setsockopt(f, SOL_SOCKET, SO_LINGER, &lg, sizeof lg);
          close(f);
          int g = dial(1);
          if (g < 0) {
            fail++;
            continue;
          }
          at[g] = now();
          struct epoll_event e = {.events = EPOLLOUT, .data.fd = g};
          epoll_ctl(ep, EPOLL_CTL_ADD, g, &e);
        }
      }
    }
    printf("fail=%ld ", fail);
    report("cps", atof(v[4]));
    return 0;
  }
  if (!strcmp(v[1], "idle")) {
    int n = atoi(v[4]), ok = 0, bad = 0;
    double t0 = now();
    int *fd = calloc(n, sizeof *fd);
    for (int b = 0; b < n; b += 200) {
      int m = n - b < 200 ? n - b : 200;
      for (int i = 0; i < m; i++)
        fd[b + i] = dial(1);
      for (int i = 0; i < m; i++) {
        struct pollfd p = {fd[b + i], POLLOUT, 0};
        char x = 'x';
        if (fd[b + i] < 0 || poll(&p, 1, 10000) != 1 || write(fd[b + i], &x, 1) != 1)
          fd[b + i] = -1;
      }
      for (int i = 0; i < m; i++) {
        struct pollfd p = {fd[b + i], POLLIN, 0};
        char x;
        if (fd[b + i] < 0 || poll(&p, 1, 10000) != 1 || read(fd[b + i], &x, 1) != 1)
          bad++;
        else
          ok++;
      }
    }
    printf("idle ok=%d bad=%d open_s=%.2f ", ok, bad, now() - t0);
    fflush(stdout);
    int f = dial(0);
    if (f < 0) {
      printf("rr failed\n");
      return 1;
    }
    pingpong(f, atof(v[5]));
    report("rr", atof(v[5]));
    return bad ? 1 : 0;
  }
  return 2;
}
