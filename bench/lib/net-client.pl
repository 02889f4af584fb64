#!/usr/bin/perl
# One measurement of a network, in milliseconds: how long HOST and PORT take to swallow or to give MIB mebibytes, or to answer COUNT
# connections one after the other.
use strict;
use warnings;
use IO::Socket::INET;
use Time::HiRes qw(time);

my ($what, $host, $port, $count) = @ARGV;
my $begin = time;

sub connected {
  my $socket = IO::Socket::INET->new(PeerHost => $host, PeerPort => $port, Timeout => 60) or die "no connection to $host:$port: $!\n";
  return $socket;
}

if ($what eq 'out') {
  my $socket = connected();
  syswrite($socket, "out\n");
  my $piece = 'x' x 65_536;
  for (1 .. $count * 16) {
    for (my $at = 0; $at < length $piece;) { $at += syswrite($socket, $piece, length($piece) - $at, $at) // die "broken off: $!\n" }
  }
  shutdown($socket, 1);
  sysread($socket, my $answer, 16) or die "no answer\n";
} elsif ($what eq 'in') {
  my $socket = connected();
  syswrite($socket, "in $count\n");
  my ($total, $read) = (0, 0);
  $total += $read while $read = sysread($socket, my $piece, 262_144);
  die "$total bytes\n" unless $total == $count * 2**20;
} else {
  for (1 .. $count) {
    my $socket = connected();
    syswrite($socket, "hi\n");
    sysread($socket, my $answer, 16) or die "no answer\n";
    close $socket;
  }
}
printf "%.3f\n", (time - $begin) * 1000;
