# bash completion of reslirp: source this file, or put it in /usr/share/bash-completion/completions
_reslirp() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} i
  if [[ ${COMP_WORDS[1]} == run || ${COMP_WORDS[1]} == tunnel ]]; then
    for ((i = 2; i < COMP_CWORD; i++)); do
      [[ ${COMP_WORDS[i]} == -- ]] && { COMPREPLY=($(compgen -c -f -- "$word")); return; }
    done
  fi
  case $before in
    '-n' | '--vnetwork') COMPREPLY=(); return ;;
    '-m' | '--vnetmask') COMPREPLY=(); return ;;
    '-h' | '--vhost') COMPREPLY=(); return ;;
    '-s' | '--vnameserver') COMPREPLY=(); return ;;
    '-t' | '--if-mtu') COMPREPLY=(); return ;;
    '-r' | '--if-mru') COMPREPLY=(); return ;;
    '--vprefix6') COMPREPLY=(); return ;;
    '--vhost6') COMPREPLY=(); return ;;
    '--vnameserver6') COMPREPLY=(); return ;;
    '--vdhcp-start') COMPREPLY=(); return ;;
    '--vhostname') COMPREPLY=(); return ;;
    '--vdomainname') COMPREPLY=(); return ;;
    '--vdnssearch') COMPREPLY=(); return ;;
    '--dhcp-host') COMPREPLY=(); return ;;
    '--dhcp-option') COMPREPLY=(); return ;;
    '--dhcp-lease-time') COMPREPLY=(); return ;;
    '--lease-file') compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
    '--dhcp6') COMPREPLY=($(compgen -W 'off stateless stateful' -- "$word")); return ;;
    '--tftp-path') compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
    '--bootfile') compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
    '--tftp-server-name') COMPREPLY=(); return ;;
    '--resolv-conf') compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
    '--dns') COMPREPLY=(); return ;;
    '--dns-host') COMPREPLY=(); return ;;
    '--dns-zone') COMPREPLY=(); return ;;
    '--hostfwd') COMPREPLY=(); return ;;
    '--guestfwd') COMPREPLY=(); return ;;
    '--tcp-keepalive') COMPREPLY=(); return ;;
    '--connect-timeout') COMPREPLY=(); return ;;
    '--udp-timeout') COMPREPLY=(); return ;;
    '--udp-filtering') COMPREPLY=(); return ;;
    '--outbound-addr') COMPREPLY=(); return ;;
    '--outbound-addr6') COMPREPLY=(); return ;;
    '--allow') COMPREPLY=(); return ;;
    '--deny') COMPREPLY=(); return ;;
    '--host') COMPREPLY=($(compgen -W 'auto linux node' -- "$word")); return ;;
    '--listen') COMPREPLY=(); return ;;
    '--reverse') COMPREPLY=(); return ;;
    '--qemu') COMPREPLY=(); return ;;
    '--vde') COMPREPLY=(); return ;;
    '--ws') COMPREPLY=(); return ;;
    '--origin') COMPREPLY=(); return ;;
    '--framing') COMPREPLY=($(compgen -W 'vde gvproxy qemu' -- "$word")); return ;;
    '--token-file') compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
    '--tls-cert') compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
    '--tls-key') compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
    '--tls-ca') compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
    '--keep') COMPREPLY=(); return ;;
    '--max-guests') COMPREPLY=(); return ;;
    '--mfr-id') COMPREPLY=(); return ;;
    '--oob-eth-addr') COMPREPLY=(); return ;;
    '--pcap') compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
    '--pcap-size') COMPREPLY=(); return ;;
    '--pcap-files') COMPREPLY=(); return ;;
    '--api') COMPREPLY=(); return ;;
    '--api-token-file') compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
    '-D' | '--dump') COMPREPLY=(); return ;;
    '--route') COMPREPLY=(); return ;;
    '--ssh') COMPREPLY=(); return ;;
    '--exec') COMPREPLY=(); return ;;
    '--node') COMPREPLY=(); return ;;
    '--tap') COMPREPLY=(); return ;;
    '--network') COMPREPLY=(); return ;;
    '--network6') COMPREPLY=(); return ;;
    '--mtu') COMPREPLY=(); return ;;
  esac
  if [[ $COMP_CWORD == 1 && $word != -* ]]; then COMPREPLY=($(compgen -W 'run tunnel' -- "$word"))
  elif [[ ${COMP_WORDS[1]} != tunnel ]]; then COMPREPLY=($(compgen -W '--vnetwork --vnetmask --vhost --vnameserver --if-mtu --if-mru --ipv6 --no-ipv6 --no-ipv4 --vprefix6 --vhost6 --vnameserver6 --vdhcp-start --vhostname --vdomainname --vdnssearch --dhcp-host --dhcp-option --dhcp-lease-time --lease-file --dhcp6 --disable-dhcp --tftp-path --bootfile --tftp-server-name --resolv-conf --dns --dns-host --dns-zone --no-dns-cache --disable-dns --hostfwd --guestfwd --tcp-keepalive --connect-timeout --udp-timeout --udp-filtering --outbound-addr --outbound-addr6 --restricted --disable-host-loopback --allow --deny --enable-emu --host --listen --reverse --qemu --vde --ws --origin --framing --token-file --tls-cert --tls-key --tls --tls-ca --reconnect --keep --shared --isolated --max-guests --mfr-id --oob-eth-addr --pcap --pcap-size --pcap-files --api --api-token-file --debug --quiet --dump --help --version --' -- "$word"))
  elif [[ $word == -* ]]; then COMPREPLY=($(compgen -W '--route --dns --ssh --exec --node --no-reconnect --tap --network --network6 --no-ipv6 --mtu --vdnssearch --dns-host --tcp-keepalive --connect-timeout --udp-timeout --udp-filtering --outbound-addr --outbound-addr6 --disable-host-loopback --allow --deny --debug --quiet --help --version --' -- "$word"))
  else COMPREPLY=($(compgen -A hostname -- "$word"))
  fi
}
complete -F _reslirp reslirp
