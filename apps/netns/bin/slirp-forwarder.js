#!/usr/bin/env node
import '../dist/slirp-forwarder.js';
